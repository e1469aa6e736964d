using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>Our requests say what iproute2's say.</summary>
public sealed class CapturedRequestTests
{
    private static readonly RouteMessage _peerRoute = new()
    {
        Destination = InetPrefix.Parse("10.244.2.0/24"),
        Gateway = InetAddress.Parse("10.244.2.0"),
        Link = 3,
        IsOnLink = true,
        Protocol = 111,
        Metric = 5,
        Mtu = 1300,
    };

    [Fact]
    public void CreateBridge_SameAsIproute2() => AssertSame(
        "ip link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
        batch => batch.CreateBridge(new LinkSettings { Name = "br0" }, new BridgeSettings { SpanningTree = false, ForwardDelay = 0, MulticastSnooping = false }));

    [Fact]
    public void ChangeLink_Up_SameAsIproute2() => AssertSame("ip link set br0 up", batch => batch.ChangeLink(2, new LinkSettings { IsUp = true }));

    [Fact]
    public void CreateVxlan_SameAsIproute2() => AssertSame(
        "ip link add flannel.1 address 02:00:00:00:00:17 mtu 1450 type vxlan id 1 dev br0 local 192.0.2.1 dstport 8472 nolearning gbp ttl 7 tos 1",
        batch => batch.CreateVxlan(
            new LinkSettings { Name = "flannel.1", Mac = MacAddress.Read([2, 0, 0, 0, 0, 0x17]), Mtu = 1450 },
            new VxlanSettings { Vni = 1, Underlay = 2, Local = InetAddress.Parse("192.0.2.1"), Port = 8472, Learning = false, GroupPolicy = true, TimeToLive = 7, TypeOfService = 1 }));

    [Fact]
    public void CreateVeth_SameAsIproute2() => AssertSame(
        "ip link add veth0 type veth peer name veth1",
        batch => batch.CreateVeth(new LinkSettings { Name = "veth0" }, new LinkSettings { Name = "veth1" }));

    [Fact]
    public void DeleteLink_SameAsIproute2() => AssertSame("ip link del veth0", batch => batch.DeleteLink(5));

    [Fact]
    public void ReplaceAddress_IPv4_SameAsIproute2() => AssertSame("ip addr replace 192.0.2.1/24 dev br0", batch => batch.ReplaceAddress(2, InetPrefix.Parse("192.0.2.1/24")));

    [Fact]
    public void ReplaceAddress_IPv6WithoutDetection_SameAsIproute2() => AssertSame(
        "ip addr replace 2001:db8::1/64 dev br0 nodad",
        batch => batch.ReplaceAddress(2, InetPrefix.Parse("2001:db8::1/64"), AddressFlags.NoDuplicateDetection));

    [Fact]
    public void DeleteAddress_SameAsIproute2() => AssertSame("ip addr del 10.244.1.0/32 dev flannel.1", batch => batch.DeleteAddress(3, InetPrefix.Parse("10.244.1.0/32")));

    [Fact]
    public void ReplaceNeighbour_SameAsIproute2() => AssertSame(
        "ip neigh replace 10.244.2.0 lladdr 02:00:00:00:00:18 dev flannel.1 nud permanent",
        batch => batch.ReplaceNeighbour(3, InetAddress.Parse("10.244.2.0"), MacAddress.Read([2, 0, 0, 0, 0, 0x18])));

    [Fact]
    public void DeleteNeighbour_SameAsIproute2() => AssertSame("ip neigh del 10.244.2.0 dev flannel.1", batch => batch.DeleteNeighbour(3, InetAddress.Parse("10.244.2.0")));

    [Fact]
    public void ReplaceRoute_Onlink_SameAsIproute2() => AssertSame(
        "ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink proto 111 metric 5 mtu 1300",
        batch => batch.ReplaceRoute(_peerRoute));

    [Fact]
    public void CreateRoute_BlackholeInOtherTable_SameAsIproute2() => AssertSame(
        "ip route add blackhole 10.245.0.0/16 table 1000",
        batch => batch.CreateRoute(new RouteMessage { Destination = InetPrefix.Parse("10.245.0.0/16"), Type = RouteType.Blackhole, Table = 1000, Protocol = 3 }));

    [Fact]
    public void AppendRoute_SameAsIproute2() => AssertSame(
        "ip route append 10.246.0.0/16 via 192.0.2.9 dev br0",
        batch => batch.AppendRoute(new RouteMessage { Destination = InetPrefix.Parse("10.246.0.0/16"), Gateway = InetAddress.Parse("192.0.2.9"), Link = 2, Protocol = 3 }));

    [Fact]
    public void ReplaceRoute_IPv6_SameAsIproute2() => AssertSame(
        "ip -6 route replace 2001:db8:1::/64 via 2001:db8::2 dev br0 proto 111",
        batch => batch.ReplaceRoute(new RouteMessage { Destination = InetPrefix.Parse("2001:db8:1::/64"), Gateway = InetAddress.Parse("2001:db8::2"), Link = 2, Protocol = 111 }));

    [Fact]
    public void ReplaceRoute_GatewayOfOtherFamily_SameAsIproute2() => AssertSame(
        "ip route replace 10.247.0.0/16 via inet6 2001:db8::2 dev br0",
        batch => batch.ReplaceRoute(new RouteMessage { Destination = InetPrefix.Parse("10.247.0.0/16"), Gateway = InetAddress.Parse("2001:db8::2"), Link = 2, Protocol = 3 }));

    [Fact]
    public void DeleteRoute_AnyType_SameAsIproute2() => AssertSame(
        "ip route del 10.244.2.0/24 metric 5",
        batch => batch.DeleteRoute(new RouteMessage { Destination = InetPrefix.Parse("10.244.2.0/24"), Metric = 5, Type = RouteType.Unspecified }));

    [Fact]
    public void GetRoute_SameAsIproute2() => AssertSame("ip route get 10.244.2.5", batch => batch.GetRoute(InetAddress.Parse("10.244.2.5")));

    private static void AssertSame(string command, Action<NetlinkBatch> write)
    {
        using var batch = new NetlinkBatch();
        write(batch);

        Assert.Equal(MessageText.Of(Captured.Request(command)), MessageText.Of(batch.Seal(0, batch.Count, 1, acknowledge: true)));
    }
}
