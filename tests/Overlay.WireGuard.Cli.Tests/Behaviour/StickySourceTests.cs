using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>Answers leave from the address that the peer contacted, for as long as that is right. The peer shows from where they came: it roams there.
/// Needs root.</summary>
[Trait("Needs", "root")]
public sealed class StickySourceTests
{
    [Fact]
    public async Task Source_Removed_GoesOnFromTheAddressThatIsLeft()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.Left.RunAsync("""
            ip address add 10.0.0.10/24 dev eth0
            ip address add fd00:aa::10/64 dev eth0 nodad
            sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1
            """);
        await CountForeignDestinationsAsync(tunnel.Left);
        await tunnel.PassesAsync();
        Assert.Equal("10.0.0.1:10001", await SeenByBAsync(tunnel));

        await tunnel.Left.RunAsync("ip address delete 10.0.0.1/24 dev eth0");
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, "-c 1");
        Assert.Equal("10.0.0.10:10001", await SeenByBAsync(tunnel));

        // From IPv4 to IPv6, the first message of which must have a whole destination.
        await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} endpoint [fd00:aa::2]:{Tunnel.RightPort}");
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, "-c 1");
        var first = await SeenByBAsync(tunnel);
        Assert.True(first is "[fd00:aa::1]:10001" or "[fd00:aa::10]:10001", first);

        var (gone, left) = first.Contains("::10]", StringComparison.Ordinal) ? ("fd00:aa::10", "[fd00:aa::1]:10001") : ("fd00:aa::1", "[fd00:aa::10]:10001");
        await tunnel.Left.RunAsync($"ip address delete {gone}/64 dev eth0");
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, "-c 1");
        Assert.Equal(left, await SeenByBAsync(tunnel));

        Assert.Equal(0, await tunnel.Left.CountAsync("foreign"));
    }

    [Fact]
    public async Task Endpoint_FromIPv4ToIPv6UnderTraffic_LosesNoMessageToAWrongAddress()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await CountForeignDestinationsAsync(tunnel.Left);
        await CountForeignDestinationsAsync(tunnel.Right);
        for (var round = 0; round < 3; round++)
        {
            foreach (var endpoint in new[] { $"10.0.0.2:{Tunnel.RightPort}", $"[fd00:aa::2]:{Tunnel.RightPort}" })
            {
                await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} endpoint {endpoint}");
                await Transfer.TcpAsync(tunnel.Left, tunnel.Right, Tunnel.RightIPv4, 2_000_000);
                await Transfer.TcpAsync(tunnel.Right, tunnel.Left, Tunnel.LeftIPv6, 2_000_000);
                await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, "-c 1");
            }
        }

        Assert.Equal((0, 0), (await tunnel.Left.CountAsync("foreign"), await tunnel.Right.CountAsync("foreign")));
    }

    [Theory]
    [InlineData("10.0.0.1:10001", "10.0.0.3:10001")]
    [InlineData("[fd00:aa::1]:10001", "[fd00:aa::3]:10001")]
    public async Task Answer_PeerContactsTheSecondAddress_ComesFromThere(string first, string second)
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.Left.RunAsync("ip address add 10.0.0.3/24 dev eth0\nip address add fd00:aa::3/64 dev eth0 nodad");

        foreach (var contacted in new[] { second, first, second })
        {
            await tunnel.B.SetAsync($"peer {tunnel.A.PublicKey} endpoint {contacted}");
            await tunnel.Right.IsAnsweredAsync(Tunnel.LeftIPv4, "-c 2 -i 0.2");
            Assert.Equal(contacted, await SeenByBAsync(tunnel));

            // Trains of datagrams, which the kernel hands over as one with one control message.
            await Transfer.TcpAsync(tunnel.Right, tunnel.Left, Tunnel.LeftIPv4);
            Assert.Equal(contacted, await SeenByBAsync(tunnel));
            await Transfer.TcpAsync(tunnel.Left, tunnel.Right, Tunnel.RightIPv4);
            Assert.Equal(contacted, await SeenByBAsync(tunnel));
        }
    }

    [Fact]
    public async Task Answer_ContactedAddressIsOnAnotherInterface_ComesFromThere()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.Left.RunAsync("""
            ip link add spare0 type veth peer name spare1
            ip link set spare0 up
            ip link set spare1 up
            ip address add 10.50.0.1/24 dev spare0
            ip address add fd00:50::1/64 dev spare0 nodad
            """);
        await tunnel.Right.RunAsync("ip route add 10.50.0.0/24 dev eth0\nip route add fd00:50::/64 via fd00:aa::1");

        foreach (var contacted in new[] { "10.50.0.1:10001", "[fd00:50::1]:10001" })
        {
            await tunnel.B.SetAsync($"peer {tunnel.A.PublicKey} endpoint {contacted}");
            await tunnel.Right.IsAnsweredAsync(Tunnel.LeftIPv4, "-c 1");
            Assert.Equal(contacted, await SeenByBAsync(tunnel));
            await Transfer.TcpAsync(tunnel.Right, tunnel.Left, Tunnel.LeftIPv4);
            Assert.Equal(contacted, await SeenByBAsync(tunnel));
        }
    }

    [Fact]
    public async Task Route_ABetterOneAppears_IsTakenWithItsSource()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await Lab.ConnectAsync(tunnel.Left, "eth1", tunnel.Right, "eth1");
        await tunnel.Left.RunAsync("ip address add 10.0.1.1/24 dev eth1\nip route add 192.0.2.9/32 via 10.0.0.2 metric 20");
        await tunnel.Right.RunAsync("""
            ip address add 10.0.1.2/24 dev eth1
            ip address add 192.0.2.9/32 dev lo
            sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0
            """);
        await tunnel.Left.RunAsync("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0");
        await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} endpoint 192.0.2.9:{Tunnel.RightPort}");
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4);
        Assert.Equal("10.0.0.1:10001", await SeenByBAsync(tunnel));

        await tunnel.Left.RunAsync("ip route add 192.0.2.9/32 via 10.0.1.2 metric 10");
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4);
        Assert.Equal("10.0.1.1:10001", await SeenByBAsync(tunnel));

        await tunnel.Left.RunAsync("ip route delete 192.0.2.9/32 via 10.0.1.2 metric 10");
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4);
        Assert.Equal("10.0.0.1:10001", await SeenByBAsync(tunnel));
    }

    private static async Task<string> SeenByBAsync(Tunnel tunnel) => (await tunnel.B.ShowPeerAsync("endpoints", tunnel.A.PublicKey)).Single();

    /// <summary>Counts outer packets to any address that no peer has; <c>fd00:aa::</c> is what is left of <c>fd00:aa::2</c> when its end is cut off.</summary>
    private static Task CountForeignDestinationsAsync(Space space) => space.LoadRulesAsync("""
        table inet t {
            counter foreign { }
            chain o {
                type filter hook output priority filter
                meta l4proto != udp accept
                udp sport != 10001-10002 accept
                ip daddr 10.0.0.0/24 accept
                ip6 daddr { fd00:aa::1, fd00:aa::2, fd00:aa::10 } accept
                counter name foreign
            }
        }
        """);
}
