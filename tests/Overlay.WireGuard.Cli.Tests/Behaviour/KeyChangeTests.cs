using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>Keys change while the tunnel is in use. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class KeyChangeTests
{
    [Fact]
    public async Task PrivateKey_ChangedAndToldToThePeer_PassesAgain()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.PassesAsync();

        var before = tunnel.A.PublicKey;
        await tunnel.A.SetPrivateKeyAsync(WireGuardInterface.NewKey());
        Assert.NotEqual(before, tunnel.A.PublicKey);
        await tunnel.B.SetAsync($"peer {before} remove");
        await tunnel.B.SetAsync($"peer {tunnel.A.PublicKey} allowed-ips {Tunnel.LeftIPv4}/32,{Tunnel.LeftIPv6}/128");

        await tunnel.PassesAsync();
    }

    [Fact]
    public async Task PrivateKey_ChangedAndNotToldToThePeer_PassesNoMore()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.PassesAsync();

        await tunnel.A.SetPrivateKeyAsync(WireGuardInterface.NewKey());

        await tunnel.Left.IsNotAnsweredAsync(Tunnel.RightIPv4, "-c 2 -i 0.2 -W 1");
    }

    [Fact]
    public async Task PrivateKey_SetToWhatItIs_LosesNothing()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.PassesAsync();
        var handshakes = await tunnel.A.ShowAsync("latest-handshakes");

        await tunnel.A.SetPrivateKeyAsync(tunnel.A.PrivateKey);

        await tunnel.PassesAsync();
        Assert.Equal(handshakes, await tunnel.A.ShowAsync("latest-handshakes"));
    }
}
