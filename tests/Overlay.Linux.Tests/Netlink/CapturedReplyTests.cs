using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>We read what iproute2 read.</summary>
public sealed class CapturedReplyTests
{
    private static readonly MacAddress _peer = MacAddress.Read([2, 0, 0, 0, 0, 0x18]);

    [Fact]
    public void Link_Vxlan_ReadsAsIproute2PrintsIt()
    {
        var link = Assert.Single(Read<Link>("ip -d link show flannel.1", ReadLink));

        Assert.Equal((3, "flannel.1", "vxlan", 1450, true), (link.Index, link.Name, link.Kind, link.Mtu, link.IsUp));
        Assert.Equal(MacAddress.Read([2, 0, 0, 0, 0, 0x17]), link.Mac);
        Assert.Equal(
            new VxlanSettings
            {
                Vni = 1,
                Underlay = 2,
                Local = InetAddress.Parse("192.0.2.1"),
                Port = 8472,
                SourcePorts = (0, 0),
                TimeToLive = 7,
                TypeOfService = 1,
                Learning = false,
                Ageing = 300,
                Limit = 0,
                Proxy = false,
                RouteShortCircuit = false,
                AnnounceMacMiss = false,
                AnnounceAddressMiss = false,
                UdpChecksum = true,
                ZeroChecksum6Transmit = false,
                ZeroChecksum6Receive = false,
                CollectMetadata = false,
                GroupPolicy = true,
            },
            link.Vxlan);
        Assert.Null(link.Bridge);
    }

    [Fact]
    public void Link_Bridge_ReadsAsIproute2PrintsIt()
    {
        var link = Assert.Single(Read<Link>("ip -d link show br0", ReadLink));

        Assert.Equal(("br0", "bridge"), (link.Name, link.Kind));
        Assert.Equal(new BridgeSettings { SpanningTree = false, ForwardDelay = 0, Ageing = 30_000, VlanFiltering = false, MulticastSnooping = false }, link.Bridge);
        Assert.Null(link.Vxlan);
    }

    [Fact]
    public void Routes_OfMainTable_ReadAsIproute2PrintsThem()
    {
        var routes = Read<RouteMessage>("ip route show table main", RouteMessage.TryRead);

        Assert.Contains(
            new RouteMessage
            {
                Destination = InetPrefix.Parse("10.244.2.0/24"),
                Gateway = InetAddress.Parse("10.244.2.0"),
                Link = 3,
                IsOnLink = true,
                Protocol = 111,
                Scope = 0,
                Metric = 5,
                Mtu = 1300,
            },
            routes);
        Assert.Contains(
            new RouteMessage { Destination = InetPrefix.Parse("192.0.2.0/24"), PreferredSource = InetAddress.Parse("192.0.2.1"), Link = 2, Protocol = 2, Scope = 253 },
            routes);
        Assert.Contains(routes, route => route.Destination == InetPrefix.Parse("10.247.0.0/16") && route.Gateway == InetAddress.Parse("2001:db8::2"));
    }

    [Fact]
    public void Route_IPv6_ReadsAsIproute2PrintsIt() => Assert.Equal(
        [new RouteMessage { Destination = InetPrefix.Parse("2001:db8:1::/64"), Gateway = InetAddress.Parse("2001:db8::2"), Link = 2, Protocol = 111, Scope = 0, Metric = 1024 }],
        Read<RouteMessage>("ip -6 route show proto 111", RouteMessage.TryRead));

    [Fact]
    public void Route_Blackhole_ReadsAsIproute2PrintsIt() => Assert.Equal(
        [new RouteMessage { Destination = InetPrefix.Parse("10.245.0.0/16"), Type = RouteType.Blackhole, Table = 1000, Protocol = 3, Scope = 0 }],
        Read<RouteMessage>("ip route show table 1000", RouteMessage.TryRead));

    [Fact]
    public void Route_Lookup_ReadsAsIproute2PrintsIt()
    {
        var route = Assert.Single(Read<RouteMessage>("ip route get 10.244.2.5", RouteMessage.TryRead));

        Assert.Equal((InetPrefix.Parse("10.244.2.5/32"), InetAddress.Parse("10.244.2.0"), 3, 1300, true), (route.Destination, route.Gateway, route.Link, route.Mtu, route.IsCloned));
        Assert.Equal((RouteMessage.MainTable, InetAddress.Parse("10.244.1.0")), (route.Table, route.PreferredSource));
    }

    [Fact]
    public void Neighbour_Permanent_ReadsAsIproute2PrintsIt() => Assert.Contains(
        new NeighbourMessage { Link = 3, Address = InetAddress.Parse("10.244.2.0"), Mac = _peer, State = NeighbourStates.Permanent },
        Read<NeighbourMessage>("ip neigh show dev flannel.1", NeighbourMessage.TryRead));

    [Fact]
    public void Forwarding_Permanent_ReadsAsBridgePrintsIt()
    {
        // The bridge tool adds NUD_NOARP to what it is told.
        const NeighbourStates state = NeighbourStates.Permanent | NeighbourStates.NoArp;
        Assert.Equal(
            [new ForwardingMessage { Link = 3, Mac = _peer, Remote = InetAddress.Parse("192.0.2.2"), State = state, IsOwn = true }],
            Read<ForwardingMessage>("bridge fdb show dev flannel.1", ForwardingMessage.TryRead));
        Assert.Empty(Read<NeighbourMessage>("bridge fdb show dev flannel.1", NeighbourMessage.TryRead));
    }

    [Fact]
    public void Addresses_OfBothFamilies_ReadAsIproute2PrintsThem()
    {
        var addresses = Read<AddressMessage>("ip addr show dev br0", AddressMessage.TryRead);

        Assert.Contains(new AddressMessage { Link = 2, Address = InetPrefix.Parse("192.0.2.1/24"), Flags = AddressFlags.Permanent }, addresses);
        Assert.Contains(
            new AddressMessage { Link = 2, Address = InetPrefix.Parse("2001:db8::1/64"), Flags = AddressFlags.Permanent | AddressFlags.NoDuplicateDetection },
            addresses);
    }

    [Fact]
    public void Verdict_WithKernelMessage_ReadsBoth()
    {
        var verdicts = 0;
        foreach (var message in new NetlinkMessageReader(Captured.Reply("ip route replace 10.9.0.0/24 via 203.0.113.1 dev br0")))
        {
            Assert.True(NetlinkVerdict.TryRead(message, out var verdict));
            Assert.Equal((101, "Nexthop has invalid gateway", (int?)null), (verdict.Errno, verdict.KernelMessage, verdict.Offset));
            verdicts++;
        }

        Assert.Equal(1, verdicts);
    }

    private static bool ReadLink(NetlinkMessage message, out Link link)
    {
        var isLink = LinkMessage.TryRead(message, out var view);
        link = isLink ? view.ToLink() : null!;
        return isLink;
    }

    private static List<T> Read<T>(string command, ListVisitor<T>.Reader read)
    {
        var visitor = new ListVisitor<T>(read);
        foreach (var message in new NetlinkMessageReader(Captured.Reply(command)))
        {
            visitor.Visit(message);
        }

        return visitor.Items;
    }
}
