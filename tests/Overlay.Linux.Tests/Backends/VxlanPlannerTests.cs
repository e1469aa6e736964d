using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Overlay.Linux.Backends.Vxlan;
using Overlay.Linux.Kernel;
using Xunit;

namespace Overlay.Linux.Tests.Backends;

public class VxlanPlannerTests
{
    private static readonly VxlanIdentity _identity = new(Mac("02:00:00:00:04:01"), Mac("02:00:00:00:06:01"));

    [Fact]
    public void PlanOwn_IPv4_GivesFlannelsDeviceAndAddress() => Assert.Equal(
        [
            "link flannel.1 address 02:00:00:00:04:01 mtu 1450 up type vxlan id 1 local 192.168.1.1 dev eth0 dstport 8472 nolearning",
            "address 10.244.1.0/32 dev flannel.1",
        ],
        OwnText(Planner(AddressFamilies.IPv4), AddressFamilies.IPv4));

    [Fact]
    public void PlanOwn_DualStack_GivesADeviceInEachFamily() => Assert.Equal(
        [
            "link flannel.1 address 02:00:00:00:04:01 mtu 1450 up type vxlan id 1 local 192.168.1.1 dev eth0 dstport 8472 nolearning",
            "address 10.244.1.0/32 dev flannel.1",
            "link flannel-v6.1 address 02:00:00:00:06:01 mtu 1430 up type vxlan id 1 local fd00:1::1 dev eth0 dstport 8472 nolearning",
            "address 2001:cafe:42:1::/128 dev flannel-v6.1",
        ],
        OwnText(Planner(AddressFamilies.Dual), AddressFamilies.Dual));

    [Fact]
    public void PlanOwn_IPv6Only_GivesNoIPv4Device() => Assert.Equal(
        [
            "link flannel-v6.1 address 02:00:00:00:06:01 mtu 1430 up type vxlan id 1 local fd00:1::1 dev eth0 dstport 8472 nolearning",
            "address 2001:cafe:42:1::/128 dev flannel-v6.1",
        ],
        OwnText(Planner(AddressFamilies.IPv6), AddressFamilies.IPv6));

    [Fact]
    public void PlanOwn_EverySetting_IsOnTheDevice()
    {
        var settings = new VxlanSettings { Vni = 4096, Port = 4789, Mtu = 1400, GroupPolicy = true, Learning = true };
        var planner = new VxlanPlanner(settings, Nodes.Network(AddressFamilies.IPv4), Nodes.Underlay(), _identity with { TxChecksumOffload = false });

        Assert.Equal(
            "link flannel.4096 address 02:00:00:00:04:01 mtu 1350 up type vxlan id 4096 local 192.168.1.1 dev eth0 dstport 4789 learning gbp tx-checksum off",
            OwnText(planner, AddressFamilies.IPv4)[0]);
    }

    [Fact]
    public void PlanOwn_PublicAddressBehindNat_KeepsTheInterfacesOwnAsLocal()
    {
        var underlay = Nodes.Underlay().With(told: new AddressPair(IPAddress.Parse("203.0.113.9"), null));
        var planner = new VxlanPlanner(new VxlanSettings(), Nodes.Network(AddressFamilies.IPv4), underlay, _identity);

        Assert.Contains("local 192.168.1.1 ", OwnText(planner, AddressFamilies.IPv4)[0], StringComparison.Ordinal);
        Assert.Equal("203.0.113.9", planner.Facts.Attributes.PublicAddresses.ToString());
    }

    [Fact]
    public void Plan_IPv4_GivesFlannelsEntriesInFlannelsOrder() => Assert.Equal(
        [
            "neighbour 10.244.2.0 lladdr 02:00:00:00:04:02 dev flannel.1 permanent",
            "fdb 02:00:00:00:04:02 dst 192.168.1.2 dev flannel.1 self permanent",
            "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
        ],
        Plan(Planner(AddressFamilies.IPv4), Nodes.Lease(2)));

    [Fact]
    public void Plan_DualStack_ServesBothFamilies() => Assert.Equal(
        [
            "neighbour 10.244.2.0 lladdr 02:00:00:00:04:02 dev flannel.1 permanent",
            "fdb 02:00:00:00:04:02 dst 192.168.1.2 dev flannel.1 self permanent",
            "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
            "neighbour 2001:cafe:42:2:: lladdr 02:00:00:00:06:02 dev flannel-v6.1 permanent",
            "fdb 02:00:00:00:06:02 dst fd00:1::2 dev flannel-v6.1 self permanent",
            "2001:cafe:42:2::/64 via 2001:cafe:42:2:: dev flannel-v6.1 onlink",
        ],
        Plan(Planner(AddressFamilies.Dual), Nodes.Lease(2, AddressFamilies.Dual)));

    [Fact]
    public void Plan_IPv6Route_HasTheMetricThatTheKernelGives()
    {
        var route = Planner(AddressFamilies.IPv6).Plan(Own(AddressFamilies.IPv6), Nodes.Lease(2, AddressFamilies.IPv6)).Entries.OfType<RouteEntry>().Single();

        Assert.Equal(RouteEntry.IPv6DefaultMetric, route.Metric);
        Assert.Equal(RouteProtocols.Overlay, route.Protocol);
    }

    [Fact]
    public void Plan_DirectRoutingOnLink_GivesOneRoute() => Assert.Equal(
        ["10.244.2.0/24 via 192.168.1.2 dev eth0", "2001:cafe:42:2::/64 via fd00:1::2 dev eth0"],
        Plan(Planner(AddressFamilies.Dual, new VxlanSettings { DirectRouting = true }), Nodes.Lease(2, AddressFamilies.Dual)));

    [Fact]
    public void Plan_DirectRoutingOffLink_GoesThroughVxlan()
    {
        var underlay = Nodes.Underlay().With(onLink: ["192.168.1.0/31"]);
        var planner = new VxlanPlanner(new VxlanSettings { DirectRouting = true }, Nodes.Network(AddressFamilies.IPv4), underlay, _identity);

        Assert.Equal("10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink", Plan(planner, Nodes.Lease(2))[^1]);
    }

    [Fact]
    public void Plan_DirectRoutingWithoutBackendData_IsServed()
    {
        var peer = With(Nodes.Lease(2), attributes => attributes with { BackendData = null });
        Assert.Equal(["10.244.2.0/24 via 192.168.1.2 dev eth0"], Plan(Planner(AddressFamilies.IPv4, new VxlanSettings { DirectRouting = true }), peer));
    }

    public static TheoryData<string?, string> BrokenData => new()
    {
        { null, "it publishes no backend data; restart the agent of that node, so that it publishes anew" },
        { "", "it publishes no backend data; restart the agent of that node, so that it publishes anew" },
        { "{", "its backend data { is not JSON; restart the agent of that node, so that it publishes anew" },
        { "null", "its backend data null is no object with VNI and VtepMAC; restart the agent of that node, so that it publishes anew" },
        { "[1]", "its backend data [1] is no object with VNI and VtepMAC; restart the agent of that node, so that it publishes anew" },
        { """{"VNI":"1","VtepMAC":"02:00:00:00:04:02"}""", """its backend data {"VNI":"1","VtepMAC":"02:00:00:00:04:02"} is no object with VNI and VtepMAC; restart the agent of that node, so that it publishes anew""" },
        { """{"VNI":1}""", "its VtepMAC (empty) is not the Ethernet address of a device; restart the agent of that node, so that it publishes anew" },
        { """{"VNI":1,"VtepMAC":"02:00:00:00:04"}""", "its VtepMAC 02:00:00:00:04 is not the Ethernet address of a device; restart the agent of that node, so that it publishes anew" },
        { """{"VNI":1,"VtepMAC":"00:00:00:00:00:00"}""", "its VtepMAC 00:00:00:00:00:00 is not the Ethernet address of a device; restart the agent of that node, so that it publishes anew" },
        { """{"VNI":1,"VtepMAC":"01:00:5e:00:00:01"}""", "its VtepMAC 01:00:5e:00:00:01 is not the Ethernet address of a device; restart the agent of that node, so that it publishes anew" },
        { """{"VNI":2,"VtepMAC":"02:00:00:00:04:02"}""", "its VNI is 2 and this node's is 1; give all nodes one Backend.VNI" },
        { """{"VNI":1,"VtepMAC":"02:00:00:00:04:01"}""", "its VtepMAC 02:00:00:00:04:01 is that of this node's own device, so one of the two is a copy; delete flannel.1 there and release its lease" },
    };

    [Theory]
    [MemberData(nameof(BrokenData))]
    public void Plan_BrokenBackendData_RefusesWithReasonAndRemedy(string? data, string expected)
    {
        var plan = Planner(AddressFamilies.IPv4).Plan(Own(AddressFamilies.IPv4), With(Nodes.Lease(2), attributes => attributes with { BackendData = data }));

        Assert.Equal(expected, plan.Refusal);
        Assert.Empty(plan.Entries);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData(null)]
    public void Plan_NoPublicAddress_RefusesWithReasonAndRemedy(string? address)
    {
        var peer = With(Nodes.Lease(2), attributes => attributes with { PublicAddresses = new AddressPair(address is null ? null : IPAddress.Parse(address), null) });

        Assert.Equal(
            "it publishes no public IPv4 address; start its agent on an interface that has one, or with --public-ip",
            Planner(AddressFamilies.IPv4).Plan(Own(AddressFamilies.IPv4), peer).Refusal);
    }

    [Fact]
    public void Plan_OwnPublicAddress_RefusesWithReasonAndRemedy()
    {
        var peer = With(Nodes.Lease(2), attributes => attributes with { PublicAddresses = Nodes.Addresses(1, AddressFamilies.IPv4) });

        Assert.StartsWith("its public address 192.168.1.1 is this node's own", Planner(AddressFamilies.IPv4).Plan(Own(AddressFamilies.IPv4), peer).Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.245.0.0/24", "its subnet 10.245.0.0/24 lies outside the network 10.244.0.0/16; give all nodes one network configuration")]
    [InlineData("0.0.0.0/0", "its subnet 0.0.0.0/0 lies outside the network 10.244.0.0/16; give all nodes one network configuration")]
    [InlineData("10.244.0.0/23", "its subnet 10.244.0.0/23 overlaps this node's 10.244.1.0/24; release one of the two leases")]
    [InlineData("10.244.1.128/25", "its subnet 10.244.1.128/25 overlaps this node's 10.244.1.0/24; release one of the two leases")]
    public void Plan_SubnetThatIsNotItsOwn_RefusesWithReasonAndRemedy(string subnet, string expected)
    {
        var peer = Nodes.Lease(2) with { Subnets = new SubnetPair(IPNetwork.Parse(subnet), null) };
        var plan = Planner(AddressFamilies.IPv4).Plan(Own(AddressFamilies.IPv4), peer);

        Assert.Equal(expected, plan.Refusal);
        Assert.Empty(plan.Entries);
    }

    [Fact]
    public void Plan_DualStackPeerWithOneUsableFamily_IsServedInThatOne()
    {
        var peer = With(Nodes.Lease(2, AddressFamilies.Dual), attributes => attributes with { BackendV6Data = null });
        var plan = Planner(AddressFamilies.Dual).Plan(Own(AddressFamilies.Dual), peer);

        Assert.Equal("IPv6: it publishes no backend data; restart the agent of that node, so that it publishes anew (IPv4 is served)", plan.Refusal);
        Assert.Equal("10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink", plan.Text()[^1]);
        Assert.Equal(3, plan.Entries.Count);
    }

    [Fact]
    public void Plan_DualStackPeerWithoutIPv4Address_IsServedInIPv6()
    {
        var peer = With(Nodes.Lease(2, AddressFamilies.Dual), attributes => attributes with { PublicAddresses = Nodes.Addresses(2, AddressFamilies.IPv6) });
        var plan = Planner(AddressFamilies.Dual).Plan(Own(AddressFamilies.Dual), peer);

        Assert.StartsWith("IPv4: it publishes no public IPv4 address", plan.Refusal, StringComparison.Ordinal);
        Assert.EndsWith("(IPv6 is served)", plan.Refusal, StringComparison.Ordinal);
        Assert.Equal("2001:cafe:42:2::/64 via 2001:cafe:42:2:: dev flannel-v6.1 onlink", plan.Text()[^1]);
    }

    [Fact]
    public void Plan_SingleStackPeerInDualNetwork_IsServedWithoutRefusal()
    {
        var plan = Planner(AddressFamilies.Dual).Plan(Own(AddressFamilies.Dual), Nodes.Lease(2));

        Assert.Null(plan.Refusal);
        Assert.Equal(3, plan.Entries.Count);
    }

    [Fact]
    public void Plan_PeerOfTheOtherFamily_IsRefused() => Assert.Equal(
        "it has no subnet in a family of this network; enable the same families on all nodes",
        Planner(AddressFamilies.IPv6).Plan(Own(AddressFamilies.IPv6), Nodes.Lease(2)).Refusal);

    [Theory]
    [InlineData(AddressFamilies.IPv4, 1500, 0, 1450)]
    [InlineData(AddressFamilies.IPv6, 1500, 0, 1430)]
    [InlineData(AddressFamilies.Dual, 1500, 0, 1430)]
    [InlineData(AddressFamilies.IPv4, 9000, 0, 8950)]
    [InlineData(AddressFamilies.IPv4, 1500, 1400, 1350)]
    [InlineData(AddressFamilies.IPv4, 1500, 9000, 1450)] // More than the interface carries cannot be had.
    public void Facts_Mtu_IsTheSmallestOfTheFamilies(AddressFamilies families, int underlay, int setting, int expected) => Assert.Equal(
        expected,
        new VxlanPlanner(new VxlanSettings { Mtu = setting }, Nodes.Network(families), Nodes.Underlay(families, underlay), _identity).Facts.Mtu);

    [Fact]
    public void Facts_MtuTooSmallForIPv6_IsAFaultWithTheRemedy() => Assert.Equal(
        "the outer packets of eth0 leave 1210 bytes for IPv6 inside, which needs 1280; raise the interface's MTU (or Backend.MTU) to 1350",
        new VxlanPlanner(new VxlanSettings(), Nodes.Network(AddressFamilies.Dual), Nodes.Underlay(AddressFamilies.Dual, 1280), _identity).Facts.Fault);

    [Fact]
    public void Facts_UnderlayFault_IsTheNetworks() => Assert.Equal(
        "eth0 is down",
        new VxlanPlanner(new VxlanSettings(), Nodes.Network(AddressFamilies.IPv4), Nodes.Underlay().With(fault: "eth0 is down"), _identity).Facts.Fault);

    [Fact]
    public void Facts_Attributes_AreFlannelsBytes()
    {
        var dual = Planner(AddressFamilies.Dual).Facts.Attributes;
        Assert.Equal("vxlan", dual.BackendType);
        Assert.Equal("""{"VNI":1,"VtepMAC":"02:00:00:00:04:01"}""", dual.BackendData);
        Assert.Equal("""{"VNI":1,"VtepMAC":"02:00:00:00:06:01"}""", dual.BackendV6Data);
        Assert.Equal("192.168.1.1, fd00:1::1", dual.PublicAddresses.ToString());

        Assert.Null(Planner(AddressFamilies.IPv4).Facts.Attributes.BackendV6Data);
        Assert.Null(Planner(AddressFamilies.IPv6).Facts.Attributes.BackendData);
    }

    [Theory]
    [InlineData(1, "flannel.1", "flannel-v6.1")]
    [InlineData(9_999, "flannel.9999", "flannel-v6.9999")]
    [InlineData(10_000, "flannel.10000", "fl-v6.10000")]
    [InlineData(9_999_999, "flannel.9999999", "fl-v6.9999999")]
    [InlineData(16_777_215, "fl.16777215", "fl-v6.16777215")]
    public void Name_AnyVni_FitsIntoAnInterfaceName(int vni, string v4, string v6)
    {
        Assert.Equal(v4, VxlanDevice.Name(vni, isIPv6: false));
        Assert.Equal(v6, VxlanDevice.Name(vni, isIPv6: true));
        Assert.True(Math.Max(v4.Length, v6.Length) <= 15);
    }

    private static MacAddress Mac(string text) => MacAddress.TryParse(text, out var mac) ? mac : throw new FormatException(text);

    private static Lease Own(AddressFamilies families) => Nodes.Lease(1, families);

    private static VxlanPlanner Planner(AddressFamilies families, VxlanSettings? settings = null) =>
        new(settings ?? new VxlanSettings(), Nodes.Network(families), Nodes.Underlay(families), _identity);

    private static string[] OwnText(VxlanPlanner planner, AddressFamilies families) => [.. planner.PlanOwn(Own(families)).Select(entry => entry.ToString())];

    private static string[] Plan(VxlanPlanner planner, Lease peer) => planner.Plan(Own(peer.Subnets.Families), peer).Text();

    private static Lease With(Lease lease, Func<LeaseAttributes, LeaseAttributes> change) => lease with { Attributes = change(lease.Attributes) };
}
