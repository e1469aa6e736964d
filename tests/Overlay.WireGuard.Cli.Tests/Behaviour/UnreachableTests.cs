using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>Who sends to nobody is told so at once (RFC 792, RFC 4443), as by the kernel's module. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class UnreachableTests
{
    [Fact]
    public async Task Ping_AddressOfNoPeer_IsUnreachable()
    {
        await using var tunnel = await Tunnel.OpenAsync();

        Assert.Contains("icmp_seq=1 Destination Host Unreachable", await tunnel.Left.IsNotAnsweredAsync("10.77.0.200", "-c 1 -W 5"), StringComparison.Ordinal);
        Assert.Contains("Destination unreachable: Address unreachable", await tunnel.Left.IsNotAnsweredAsync("fd77::200", "-c 1 -W 5"), StringComparison.Ordinal);
        await tunnel.PassesAsync();
    }

    [Fact]
    public async Task Ping_PeerWithoutEndpoint_IsUnreachable()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.A.SetAsync($"peer {WireGuardInterface.NewKey()} allowed-ips 10.77.0.200/32,fd77::200/128");

        Assert.Contains("Destination Host Unreachable", await tunnel.Left.IsNotAnsweredAsync("10.77.0.200", "-c 1 -W 5"), StringComparison.Ordinal);
        Assert.Contains("Destination unreachable: Address unreachable", await tunnel.Left.IsNotAnsweredAsync("fd77::200", "-c 1 -W 5"), StringComparison.Ordinal);
    }
}
