using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>A packet's inner source says whose it must be, its inner destination says whose it becomes. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class CryptoroutingTests
{
    [Fact]
    public async Task Source_NoLongerAllowed_IsDroppedThoughAuthentic()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.PassesAsync();

        await tunnel.B.SetAsync($"peer {tunnel.A.PublicKey} allowed-ips 10.77.0.9/32,{Tunnel.LeftIPv6}/128");
        var (before, _) = await tunnel.B.TransferAsync(tunnel.A.PublicKey);
        await tunnel.Left.IsNotAnsweredAsync(Tunnel.RightIPv4);
        Assert.True((await tunnel.B.TransferAsync(tunnel.A.PublicKey)).Received >= before + 128);
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv6);

        await tunnel.B.SetAsync($"peer {tunnel.A.PublicKey} allowed-ips {Tunnel.LeftIPv4}/32,{Tunnel.LeftIPv6}/128");
        await tunnel.PassesAsync();
    }

    [Fact]
    public async Task Destination_MoreSpecificPrefixOfAnotherPeer_TakesItAway()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} allowed-ips 10.77.0.0/24,fd77::/64");
        await tunnel.PassesAsync();

        var other = WireGuardInterface.NewKey();
        await tunnel.A.SetAsync($"peer {other} allowed-ips {Tunnel.RightIPv4}/32");
        var (_, before) = await tunnel.A.TransferAsync(tunnel.B.PublicKey);
        await tunnel.Left.IsNotAnsweredAsync(Tunnel.RightIPv4);
        Assert.Equal(before, (await tunnel.A.TransferAsync(tunnel.B.PublicKey)).Sent);

        await tunnel.A.SetAsync($"peer {other} remove");
        await tunnel.PassesAsync();
    }
}
