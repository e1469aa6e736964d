using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>Both inner families in both outer ones, with the usual MTU and with the largest that loopback carries. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class TrafficTests
{
    /// <summary>What is left of loopback's 65,536 bytes may not be used up by one packet: 34,736 leaves room for both headers and a queue of two.</summary>
    private const int LargeMtu = 34_736;

    [Theory]
    [InlineData(false, 1420)]
    [InlineData(false, LargeMtu)]
    [InlineData(true, 1420)]
    [InlineData(true, LargeMtu)]
    public async Task PingTcpAndUdp_BothFamiliesBothWays_Pass(bool overIPv6, int mtu)
    {
        await using var tunnel = await Tunnel.OpenAsync(new TunnelOptions { OverLoopback = true, OverIPv6 = overIPv6, Mtu = mtu });

        await tunnel.PassesAsync();
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, $"-c 3 -i 0.2 -M do -s {mtu - 28}");
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv6, $"-c 3 -i 0.2 -M do -s {mtu - 48}");
        foreach (var (left, right) in new[] { (Tunnel.LeftIPv4, Tunnel.RightIPv4), (Tunnel.LeftIPv6, Tunnel.RightIPv6) })
        {
            await Transfer.TcpAsync(tunnel.Left, tunnel.Right, right, 20_000_000);
            await Transfer.TcpAsync(tunnel.Right, tunnel.Left, left, 20_000_000);
            int[] sizes = [0, 1, 64, 1000, mtu - 48, mtu + 500, 20_000];
            await Transfer.UdpAsync(tunnel.Left, tunnel.Right, right, sizes);
            await Transfer.UdpAsync(tunnel.Right, tunnel.Left, left, sizes);
        }
    }

    [Fact]
    public async Task RouteMtu_SmallerThanTheInterfaces_PaddedPacketsPass()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.Left.RunAsync($"ip route replace {Tunnel.RightIPv4}/32 dev {tunnel.A.Name} mtu 1299");
        await tunnel.Right.RunAsync($"ip route replace {Tunnel.LeftIPv4}/32 dev {tunnel.B.Name} mtu 1299");

        // 1,299 is no multiple of 16: padding goes beyond the route's MTU, and two more bytes make two packets.
        foreach (var size in new[] { 1299 - 29, 1299 - 28, 1299 - 27, 1299 - 16, 4000 })
        {
            await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, $"-c 2 -i 0.2 -s {size}");
        }

        await Transfer.TcpAsync(tunnel.Left, tunnel.Right, Tunnel.RightIPv4);
    }

    [Fact]
    public async Task Mtu_ChangedWhileUp_HoldsForTheNextPacket()
    {
        await using var tunnel = await Tunnel.OpenAsync(new TunnelOptions { OverLoopback = true });
        await tunnel.PassesAsync();

        foreach (var mtu in new[] { 1280, 1420, 9000 })
        {
            await tunnel.Left.RunAsync($"ip link set {tunnel.A.Name} mtu {mtu}");
            await tunnel.Right.RunAsync($"ip link set {tunnel.B.Name} mtu {mtu}");
            await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, $"-c 2 -i 0.2 -M do -s {mtu - 28}");
            await tunnel.Left.IsNotAnsweredAsync(Tunnel.RightIPv4, $"-c 1 -W 1 -M do -s {mtu - 27}");
            await Transfer.TcpAsync(tunnel.Left, tunnel.Right, Tunnel.RightIPv6);
        }
    }
}
