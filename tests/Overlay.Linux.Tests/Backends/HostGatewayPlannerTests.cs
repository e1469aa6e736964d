using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Overlay.Linux.Backends.HostGateway;
using Xunit;

namespace Overlay.Linux.Tests.Backends;

public class HostGatewayPlannerTests
{
    [Fact]
    public void Plan_OnLinkPeer_GivesARouteInEachFamily() => Assert.Equal(
        ["10.244.2.0/24 via 192.168.1.2 dev eth0", "2001:cafe:42:2::/64 via fd00:1::2 dev eth0"],
        Planner(AddressFamilies.Dual).Plan(Own(AddressFamilies.Dual), Peer(2, AddressFamilies.Dual)).Text());

    [Fact]
    public void Plan_OffLinkPeer_IsRefusedWithReasonAndRemedy()
    {
        var peer = At(Peer(2, AddressFamilies.IPv4), "192.168.9.2", null);
        var plan = Planner(AddressFamilies.IPv4).Plan(Own(AddressFamilies.IPv4), peer);

        Assert.Empty(plan.Entries);
        Assert.Equal("192.168.9.2 is not on the link of eth0 (192.168.1.0/24); use vxlan, or connect the two nodes to one link", plan.Refusal);
    }

    [Fact]
    public void Plan_OffLinkInOneFamily_IsServedInTheOther()
    {
        var peer = At(Peer(2, AddressFamilies.Dual), "192.168.1.2", "fd00:9::2");
        var plan = Planner(AddressFamilies.Dual).Plan(Own(AddressFamilies.Dual), peer);

        Assert.Equal(["10.244.2.0/24 via 192.168.1.2 dev eth0"], plan.Text());
        Assert.Equal("IPv6: fd00:9::2 is not on the link of eth0 (fd00:1::/64); use vxlan, or connect the two nodes to one link (IPv4 is served)", plan.Refusal);
    }

    [Fact]
    public void Plan_InterfaceWithoutSubnet_SaysSo()
    {
        var planner = new HostGatewayPlanner(Nodes.Network(AddressFamilies.IPv4), Nodes.Underlay().With(onLink: []));

        Assert.Equal(
            "192.168.1.2 is not on the link of eth0 (no subnet); use vxlan, or connect the two nodes to one link",
            planner.Plan(Own(AddressFamilies.IPv4), Peer(2, AddressFamilies.IPv4)).Refusal);
    }

    [Fact]
    public void PlanOwn_Anything_NeedsNoDevice() => Assert.Empty(Planner(AddressFamilies.Dual).PlanOwn(Own(AddressFamilies.Dual)));

    [Fact]
    public void Facts_HostGateway_CostsNoMtuAndPublishesNoData()
    {
        var facts = Planner(AddressFamilies.Dual).Facts;

        Assert.Equal(1500, facts.Mtu);
        Assert.Equal("host-gw", facts.Attributes.BackendType);
        Assert.Null(facts.Attributes.BackendData);
        Assert.Null(facts.Attributes.BackendV6Data);
        Assert.Null(facts.Fault);
    }

    [Theory]
    [InlineData("203.0.113.9", "fd00:1::1", "host-gw cannot be used behind a NAT: the public address 203.0.113.9 is not the address 192.168.1.1 of eth0; leave --public-ip away or use vxlan")]
    [InlineData("192.168.1.1", "fd00:9::1", "host-gw cannot be used behind a NAT: the public address fd00:9::1 is not the address fd00:1::1 of eth0; leave --public-ipv6 away or use vxlan")]
    [InlineData("192.168.1.1", "fd00:1::1", null)]
    public void FindTranslation_PublicAddressOfSomebodyElse_IsFoundInEachFamily(string v4, string v6, string? expected)
    {
        var underlay = Nodes.Underlay(AddressFamilies.Dual).With(told: new AddressPair(IPAddress.Parse(v4), IPAddress.Parse(v6)));

        Assert.Equal(expected, HostGatewayPlanner.FindTranslation(Nodes.Network(AddressFamilies.Dual), underlay));
        Assert.Equal(expected, new HostGatewayPlanner(Nodes.Network(AddressFamilies.Dual), underlay).Facts.Fault);
    }

    private static HostGatewayPlanner Planner(AddressFamilies families) => new(Nodes.Network(families), Nodes.Underlay(families));

    private static Lease Own(AddressFamilies families) => Nodes.Lease(1, families, "host-gw");

    private static Lease Peer(int node, AddressFamilies families) => Nodes.Lease(node, families, "host-gw");

    private static Lease At(Lease lease, string v4, string? v6) => lease with
    {
        Attributes = lease.Attributes with { PublicAddresses = new AddressPair(IPAddress.Parse(v4), v6 is null ? null : IPAddress.Parse(v6)) },
    };
}
