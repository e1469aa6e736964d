using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Namespaces;
using Xunit;

namespace Overlay.Linux.Tests.Backends;

/// <summary>VXLAN networks over the real reconciler, between hosts that are network namespaces.</summary>
[Trait("Needs", "root")]
[Trait("Needs", "ping")]
public sealed class VxlanNetworkTests : IAsyncDisposable
{
    private readonly List<BackendNode> _nodes = [];
    private TestTopology? _topology;

    [Theory]
    [InlineData(AddressFamilies.IPv4, 1450)]
    [InlineData(AddressFamilies.IPv6, 1430)]
    [InlineData(AddressFamilies.Dual, 1430)]
    public async Task Apply_ThreeHosts_CarriesPacketsUpToTheMtu(AddressFamilies families, int mtu)
    {
        var nodes = Make(3, families);
        await BackendNode.JoinAsync(nodes);
        Assert.All(nodes, node => Assert.Equal(mtu, node.Network.Facts.Current.Mtu));
        // Larger than the overlay's, so that it is the overlay's devices that refuse.
        var workloads = nodes.Select(node => node.Host.AddWorkload(node.Subnets, 1500)).ToArray();

        foreach (var (from, to) in new[] { (0, 1), (1, 2), (2, 0) })
        {
            foreach (var address in new[] { workloads[to].Addresses.IPv4, workloads[to].Addresses.IPv6 }.OfType<IPAddress>())
            {
                // Each family has a device of its own. The IP header and 8 bytes of ICMP are part of its MTU: 1422 bytes pass, 1423 do not.
                var most = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 1450 - 28 : 1430 - 48;
                Assert.True(await BackendNode.PingAsync(workloads[from], address), $"{from} to {address}");
                Assert.True(await BackendNode.PingAsync(workloads[from], address, most), $"{from} to {address} with {most} bytes");
                Assert.False(await BackendNode.PingAsync(workloads[from], address, most + 1, seconds: 1), $"{from} to {address} with {most + 1} bytes");
            }
        }

        Assert.All(nodes, node => Assert.Equal((2, 0, 0), (node.Network.Status.Peers, node.Network.Status.Pending, node.Network.Status.Failed.Count)));
    }

    [Fact]
    public async Task Apply_OnePeer_LooksAsFlannelsDoes()
    {
        var nodes = Make(2, AddressFamilies.IPv4);
        await BackendNode.JoinAsync(nodes);
        var peer = nodes[1].Host.Route.FindLink("flannel.1")!.Mac;

        // flannel-facts 5.V1 and 5.V9.
        Assert.Contains(
            "vxlan id 1 local 192.0.2.1 dev eth0 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx",
            await nodes[0].IpAsync("-d link show flannel.1"), StringComparison.Ordinal);
        Assert.Equal("10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 111 onlink", (await nodes[0].IpAsync("route show dev flannel.1")).Replace("proto 111", "dev flannel.1 proto 111", StringComparison.Ordinal).Trim());
        Assert.Contains($"10.244.2.0 lladdr {peer} PERMANENT", await nodes[0].IpAsync("neigh show dev flannel.1"), StringComparison.Ordinal);
        Assert.Equal([$"{peer} 192.0.2.2"], Forwarding(nodes[0]));
        Assert.Contains("10.244.1.0/32", await nodes[0].IpAsync("-4 addr show flannel.1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_Anything_ChangesNothingInTheKernel()
    {
        var node = Make(1, AddressFamilies.Dual)[0];
        var before = Everything(node);

        await node.OpenAsync();
        await node.CommitAsync();

        Assert.Equal(before, Everything(node));
    }

    [Fact]
    public async Task Apply_PeersMacAndAddressChange_LeavesNothingStale()
    {
        var node = Make(1, AddressFamilies.IPv4)[0];
        await node.OpenAsync();
        await node.ActivateAsync();
        var peer = Peer("192.0.2.2", "02:00:00:00:00:02");
        await node.ApplyAsync(peer);
        Assert.Equal(["02:00:00:00:00:02 192.0.2.2"], Forwarding(node));

        await ApplyAsync(node, new LeaseChange.Written(Peer("192.0.2.3", "02:00:00:00:00:03")));
        Assert.Equal(["02:00:00:00:00:03 192.0.2.3"], Forwarding(node));
        Assert.Equal(["10.244.2.0 02:00:00:00:00:03"], Neighbours(node));

        // While it publishes nothing usable, nothing of it stands.
        await ApplyAsync(node, new LeaseChange.Written(peer with { Attributes = peer.Attributes with { BackendData = "{}" } }));
        Assert.Empty(Forwarding(node));
        Assert.Empty(Routes(node));
        Assert.Equal(peer.Key, Assert.Single(node.Network.Status.Refused).LeaseKey);

        await ApplyAsync(node, new LeaseChange.Written(peer));
        Assert.Equal(["10.244.2.0/24"], Routes(node));
        Assert.Empty(node.Network.Status.Refused);

        await ApplyAsync(node, new LeaseChange.Removed(peer.Key));
        Assert.Empty(Forwarding(node));
        Assert.Empty(Neighbours(node));
        Assert.Empty(Routes(node));
    }

    [Fact]
    public async Task Follow_UnderlayMtuChanges_DeviceAndFactsDoToo()
    {
        var node = Make(1, AddressFamilies.Dual)[0];
        await node.OpenAsync();
        await node.ActivateAsync();
        var before = node.Host.Route.FindLink("flannel.1")!.Index;

        await node.IpAsync("link set eth0 mtu 1400");

        Assert.Equal(1330, (await node.UntilFactsAsync(facts => facts.Mtu != 1430)).Mtu);
        node.Until(() => node.Host.Route.FindLink("flannel.1")?.Mtu == 1350 && node.Host.Route.FindLink("flannel-v6.1")?.Mtu == 1330);
        Assert.Equal(before, node.Host.Route.FindLink("flannel.1")!.Index);

        await node.IpAsync("link set eth0 mtu 1300");
        Assert.Contains("which needs 1280", (await node.UntilFactsAsync(facts => facts.Fault is not null)).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follow_UnderlayAddressChanges_DeviceIsChangedInPlace()
    {
        var node = Make(1, AddressFamilies.IPv4)[0];
        await node.OpenAsync();
        await node.ActivateAsync();
        await node.ApplyAsync(Peer("192.0.2.2", "02:00:00:00:00:02"));
        var before = node.Host.Route.FindLink("flannel.1")!;

        await node.IpAsync("addr del 192.0.2.1/24 dev eth0");
        Assert.Equal("eth0 has lost its address 192.0.2.1", (await node.UntilFactsAsync(facts => facts.Fault is not null)).Fault);
        Assert.Equal("192.0.2.1", node.Network.Facts.Current.Attributes.PublicAddresses.ToString());

        await node.IpAsync("addr add 192.0.2.77/24 dev eth0");
        var facts = await node.UntilFactsAsync(facts => facts.Fault is null);
        Assert.Equal("192.0.2.77", facts.Attributes.PublicAddresses.ToString());
        node.Until(() => node.Host.Route.FindLink("flannel.1")?.Vxlan?.Local.ToString() == "192.0.2.77");
        var after = node.Host.Route.FindLink("flannel.1")!;
        Assert.Equal((before.Index, before.Mac), (after.Index, after.Mac));
        Assert.Equal(["02:00:00:00:00:02 192.0.2.2"], Forwarding(node));
    }

    [Fact]
    public async Task Follow_UnderlayMadeAgain_DeviceAndPeersComeBack()
    {
        var nodes = Make(2, AddressFamilies.IPv4);
        await BackendNode.JoinAsync(nodes);
        var workloads = nodes.Select(node => node.Host.AddWorkload(node.Subnets, 1450)).ToArray();
        var mac = nodes[0].Host.Route.FindLink("flannel.1")!.Mac;

        // The kernel deletes a VXLAN device together with the one beneath it.
        await nodes[0].IpAsync("link del eth0");
        Assert.Equal("eth0 is gone", (await nodes[0].UntilFactsAsync(facts => facts.Fault is not null)).Fault);
        _topology!.Switch.Execute(batch => batch.CreateVeth(
            new LinkSettings { Name = "again", Master = _topology.Switch.FindLink("br0")!.Index, IsUp = true },
            new LinkSettings { Name = "eth0", Namespace = nodes[0].Host.Namespace.Handle }));
        await nodes[0].IpAsync("link set eth0 up");
        await nodes[0].IpAsync("addr add 192.0.2.1/24 dev eth0");
        await nodes[0].UntilFactsAsync(facts => facts.Fault is null);

        nodes[0].Until(() => nodes[0].Host.Route.FindLink("flannel.1")?.Mac == mac && Routes(nodes[0]).Length == 1);
        Assert.True(await BackendNode.PingAsync(workloads[0], workloads[1].Addresses.IPv4!));
    }

    [Fact]
    public async Task Open_ForeignDeviceWithTheVni_IsRefusedByName()
    {
        var node = Make(1, AddressFamilies.IPv4)[0];
        await node.IpAsync("link add foreign0 type vxlan id 1 dstport 8472 dev eth0");

        var refusal = await Assert.ThrowsAsync<OverlayException>(() => node.OpenAsync());

        Assert.Equal(
            "the VXLAN device foreign0 already has VNI 1 on UDP port 8472; delete it (ip link del foreign0), or give all nodes another Backend.VNI or Backend.Port",
            refusal.Message);
        await node.OpenAsync(settings: ",\"VNI\":2");
    }

    [Fact]
    public async Task Activate_ForeignDeviceTakesTheVniMeanwhile_IsAFaultUntilItGoes()
    {
        var node = Make(1, AddressFamilies.IPv4)[0];
        await node.OpenAsync();
        await node.IpAsync("link add foreign0 type vxlan id 1 dstport 8472 dev eth0");
        await node.ActivateAsync();

        Assert.StartsWith("the VXLAN device foreign0 already has VNI 1", (await node.UntilFactsAsync(facts => facts.Fault is not null)).Fault, StringComparison.Ordinal);
        Assert.Single(node.Network.Status.Failed);

        await node.IpAsync("link del foreign0");
        await node.UntilFactsAsync(facts => facts.Fault is null);
        node.Until(() => node.Host.Route.FindLink("flannel.1") is not null);
    }

    [Fact]
    public async Task Open_MacAddress_IsTheRecordedOneThenTheDevicesThenRandom()
    {
        var node = Make(1, AddressFamilies.Dual)[0];
        await node.OpenAsync();
        var random = node.Network.Facts.Current.Attributes;
        Assert.NotEqual(random.BackendData, random.BackendV6Data);

        await node.IpAsync("link add flannel.1 address 02:00:00:00:00:aa type vxlan id 1 dstport 8472 dev eth0 local 192.0.2.1 nolearning");
        await node.IpAsync("link add flannel-v6.1 address 02:00:00:00:00:bb type vxlan id 1 dstport 4789 dev eth0 local 2001:db8::1 nolearning");
        await node.OpenAsync();
        var standing = node.Network.Facts.Current.Attributes;
        Assert.Equal("""{"VNI":1,"VtepMAC":"02:00:00:00:00:aa"}""", standing.BackendData);
        Assert.DoesNotContain("02:00:00:00:00:bb", standing.BackendV6Data, StringComparison.Ordinal); // another port: not compatible

        var record = new LeaseAttributes
        {
            PublicAddresses = default,
            BackendType = "vxlan",
            BackendData = """{"VNI":1,"VtepMAC":"02:00:00:00:00:cc"}""",
            BackendV6Data = """{"VNI":1,"VtepMAC":"02:00:00:00:00:dd"}""",
        };
        await node.OpenAsync(own: new OwnRecord { Lease = new Lease { Subnets = node.Subnets, Attributes = record } });
        var recorded = node.Network.Facts.Current.Attributes;
        Assert.Equal((record.BackendData, record.BackendV6Data), (recorded.BackendData, recorded.BackendV6Data));

        await node.ActivateAsync();
        Assert.Equal("02:00:00:00:00:cc", node.Host.Route.FindLink("flannel.1")!.Mac.ToString());
        Assert.Equal("02:00:00:00:00:dd", node.Host.Route.FindLink("flannel-v6.1")!.Mac.ToString());
    }

    [Fact]
    public async Task Remove_RunningNetwork_TakesEverythingAway()
    {
        var nodes = Make(2, AddressFamilies.Dual);
        var before = Everything(nodes[0]);
        await BackendNode.JoinAsync(nodes);

        await nodes[0].Network.RemoveAsync(TestContext.Current.CancellationToken);

        Assert.Equal(before, Everything(nodes[0]));
    }

    [Fact]
    public async Task Dispose_RunningNetwork_LeavesTheDataPathStanding()
    {
        var nodes = Make(2, AddressFamilies.IPv4);
        await BackendNode.JoinAsync(nodes);
        var workloads = nodes.Select(node => node.Host.AddWorkload(node.Subnets, 1450)).ToArray();

        await DisposeNodesAsync();

        Assert.True(await BackendNode.PingAsync(workloads[0], workloads[1].Addresses.IPv4!));
    }

    [Fact]
    public async Task DirectRouting_PeerOnLink_IsRoutedAndFollowsTheLink()
    {
        var nodes = Make(2, AddressFamilies.IPv4);
        await BackendNode.JoinAsync(nodes, settings: ",\"DirectRouting\":true");
        var workloads = nodes.Select(node => node.Host.AddWorkload(node.Subnets, 1450)).ToArray();

        Assert.Contains("10.244.2.0/24 via 192.0.2.2 dev eth0", await nodes[0].IpAsync("route"), StringComparison.Ordinal);
        Assert.Empty(Forwarding(nodes[0]));
        Assert.True(await BackendNode.PingAsync(workloads[0], workloads[1].Addresses.IPv4!));

        // The peer is no longer on the link, but still reached: through a gateway.
        await nodes[0].IpAsync("route replace 192.0.2.2/32 via 192.0.2.254 dev eth0");
        await nodes[0].IpAsync("addr add 192.0.2.1/32 dev eth0 noprefixroute");
        await nodes[0].IpAsync("addr del 192.0.2.1/24 dev eth0");
        nodes[0].Until(() => Routes(nodes[0]).Length == 1 && Forwarding(nodes[0]).Length == 1);

        await nodes[0].IpAsync("route add 192.0.2.0/24 dev eth0");
        nodes[0].Until(() => Routes(nodes[0]).Length == 0 && Forwarding(nodes[0]).Length == 0);
    }

    [Fact]
    public async Task HostGateway_PeersOnAndOffLink_AreServedAndRefused()
    {
        var nodes = Make(2, AddressFamilies.Dual);
        await BackendNode.JoinAsync(nodes, node => node.HostGateway);
        var workloads = nodes.Select(node => node.Host.AddWorkload(node.Subnets, 1500)).ToArray();
        Assert.True(await BackendNode.PingAsync(workloads[0], workloads[1].Addresses.IPv4!, 1472));
        Assert.True(await BackendNode.PingAsync(workloads[0], workloads[1].Addresses.IPv6!, 1452));

        var remote = Nodes.Lease(3, AddressFamilies.IPv4, "host-gw") with
        {
            Attributes = new LeaseAttributes { BackendType = "host-gw", PublicAddresses = new AddressPair(IPAddress.Parse("198.51.100.3"), null) },
        };
        await nodes[0].ApplyAsync(nodes[1].Own, remote);
        Assert.Equal(
            new RefusedPeer("10.244.3.0-24", "198.51.100.3 is not on the link of eth0 (192.0.2.0/24); use vxlan, or connect the two nodes to one link"),
            Assert.Single(nodes[0].Network.Status.Refused));
        Assert.Equal(1, nodes[0].Network.Status.Peers);

        await nodes[0].IpAsync("route add 198.51.100.0/24 dev eth0");
        nodes[0].Until(() => AllRoutes(nodes[0]).Contains("10.244.3.0/24"));
        Assert.Empty(nodes[0].Network.Status.Refused);

        await nodes[0].IpAsync("route del 198.51.100.0/24 dev eth0");
        nodes[0].Until(() => !AllRoutes(nodes[0]).Contains("10.244.3.0/24"));
        Assert.Single(nodes[0].Network.Status.Refused);
    }

    [Theory]
    [InlineData("203.0.113.9", null, "--public-ip away")]
    [InlineData(null, "2001:db8:9::9", "--public-ipv6 away")]
    public async Task HostGateway_PublicAddressOfANat_IsRefused(string? v4, string? v6, string expected)
    {
        var node = Make(1, AddressFamilies.Dual)[0];
        var selection = new UnderlaySelection
        {
            Interfaces = ["eth0"],
            PublicAddresses = new AddressPair(v4 is null ? null : IPAddress.Parse(v4), v6 is null ? null : IPAddress.Parse(v6)),
        };

        Assert.Contains(expected, (await Assert.ThrowsAsync<OverlayException>(() => node.OpenAsync(node.HostGateway, selection: selection))).Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await DisposeNodesAsync();
        _topology?.Dispose();
    }

    private async Task DisposeNodesAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _nodes.Clear();
    }

    private BackendNode[] Make(int hosts, AddressFamilies families)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        _topology = new TestTopology(new TestTopologyOptions { Hosts = hosts, Families = families, Forwards = false });
        _nodes.AddRange(_topology.Hosts.Select(host => new BackendNode(host, families)));
        return [.. _nodes];
    }

    private static Lease Peer(string address, string mac) => Nodes.Lease(2) with
    {
        Attributes = new LeaseAttributes
        {
            BackendType = "vxlan",
            PublicAddresses = new AddressPair(IPAddress.Parse(address), null),
            BackendData = $$"""{"VNI":1,"VtepMAC":"{{mac}}"}""",
        },
    };

    private static async Task ApplyAsync(BackendNode node, LeaseChange change)
    {
        await node.Network.ApplyAsync(new LeaseBatch.Changes([change]), TestContext.Current.CancellationToken);
        await node.CommitAsync();
    }

    // By netlink: "ip" also writes complaints about the other ends of links, which come and go.
    private static string[] Everything(BackendNode node) =>
    [
        .. node.Host.Route.ListLinks().Select(link => $"{link.Index} {link.Name} {link.Mac} {link.Mtu} {link.IsUp}"),
        .. node.Host.Route.ListAddresses().Select(address => $"{address.Link} {address.Address}"),
        .. node.Host.Route.ListRoutes(table: RouteMessage.MainTable).Select(route => $"{route.Destination} {route.Gateway} {route.Link} {route.Metric}").Order(StringComparer.Ordinal),
    ];

    private static string[] Forwarding(BackendNode node) =>
        [.. node.Host.Route.ListForwarding(Index(node)).Where(entry => !entry.Remote.IsNone).Select(entry => $"{entry.Mac} {entry.Remote}")];

    private static string[] Neighbours(BackendNode node) =>
        [.. node.Host.Route.ListNeighbours(Index(node), System.Net.Sockets.AddressFamily.InterNetwork).Select(entry => $"{entry.Address} {entry.Mac}")];

    private static string[] Routes(BackendNode node) =>
        Index(node) is > 0 and var index ? [.. node.Host.Route.ListRoutes(System.Net.Sockets.AddressFamily.InterNetwork, RouteMessage.MainTable, index).Select(route => $"{route.Destination}")] : [];

    private static string[] AllRoutes(BackendNode node) => [.. node.Host.Route.ListRoutes(table: RouteMessage.MainTable).Select(route => $"{route.Destination}")];

    private static int Index(BackendNode node) => node.Host.Route.FindLink("flannel.1")?.Index ?? -1;
}
