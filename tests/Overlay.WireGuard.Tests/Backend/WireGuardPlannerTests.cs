using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Overlay.WireGuard.Backend;
using Overlay.WireGuard.Control;

namespace Overlay.WireGuard.Tests.Backend;

public class WireGuardPlannerTests
{
    private const string Key1 = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    private const string Key2 = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

    private static WireGuardSettings Mode(TunnelMode mode) => new() { Mode = mode };

    [Fact]
    public void PlanOwn_IPv4_GivesFlannelsDeviceAddressAndRoute() => Assert.Equal(
        [
            "link flannel-wg mtu 1440 up type wireguard",
            $"wireguard flannel-wg public-key {Key1} listen-port 51820",
            "address 10.244.1.0/32 dev flannel-wg",
            "10.244.0.0/16 dev flannel-wg",
        ],
        Nodes.Planner(AddressFamilies.IPv4).Own(AddressFamilies.IPv4));

    [Fact]
    public void PlanOwn_SeparateDualStack_GivesADeviceInEachFamily() => Assert.Equal(
        [
            "link flannel-wg mtu 1440 up type wireguard",
            $"wireguard flannel-wg public-key {Key1} listen-port 51820",
            "address 10.244.1.0/32 dev flannel-wg",
            "10.244.0.0/16 dev flannel-wg",
            "link flannel-wg-v6 mtu 1420 up type wireguard",
            $"wireguard flannel-wg-v6 public-key {Key1} listen-port 51821",
            "address 2001:cafe:42:1::/128 dev flannel-wg-v6",
            "2001:cafe:42::/56 dev flannel-wg-v6",
        ],
        Nodes.Planner(AddressFamilies.Dual).Own(AddressFamilies.Dual));

    [Fact]
    public void PlanOwn_SeparateIPv6Only_GivesTheIPv6Device() => Assert.Equal(
        [
            "link flannel-wg-v6 mtu 1420 up type wireguard",
            $"wireguard flannel-wg-v6 public-key {Key1} listen-port 51821",
            "address 2001:cafe:42:1::/128 dev flannel-wg-v6",
            "2001:cafe:42::/56 dev flannel-wg-v6",
        ],
        Nodes.Planner(AddressFamilies.IPv6).Own(AddressFamilies.IPv6));

    [Theory]
    [InlineData(TunnelMode.Auto, 1420)]
    [InlineData(TunnelMode.IPv4, 1440)]
    [InlineData(TunnelMode.IPv6, 1420)]
    internal void PlanOwn_OneDeviceDualStack_CarriesBothFamilies(TunnelMode mode, int mtu) => Assert.Equal(
        [
            $"link flannel-wg mtu {mtu} up type wireguard",
            $"wireguard flannel-wg public-key {Key1} listen-port 51820",
            "address 10.244.1.0/32 dev flannel-wg",
            "address 2001:cafe:42:1::/128 dev flannel-wg",
            "10.244.0.0/16 dev flannel-wg",
            "2001:cafe:42::/56 dev flannel-wg",
        ],
        Nodes.Planner(AddressFamilies.Dual, Mode(mode)).Own(AddressFamilies.Dual));

    [Theory]
    [InlineData(TunnelMode.Auto, AddressFamilies.IPv4, "10.244.0.0/16 dev flannel-wg")]
    [InlineData(TunnelMode.IPv4, AddressFamilies.IPv4, "10.244.0.0/16 dev flannel-wg")]
    [InlineData(TunnelMode.Auto, AddressFamilies.IPv6, "2001:cafe:42::/56 dev flannel-wg")]
    [InlineData(TunnelMode.IPv6, AddressFamilies.IPv6, "2001:cafe:42::/56 dev flannel-wg")]
    internal void PlanOwn_OneDeviceOneFamily_RoutesThatFamilyOnly(TunnelMode mode, AddressFamilies families, string route) =>
        Assert.Equal([route], Nodes.Planner(families, Mode(mode)).Own(families).Where(line => line.Contains('/', StringComparison.Ordinal) && !line.StartsWith("address", StringComparison.Ordinal)));

    [Fact]
    public void PlanOwn_Userspace_IsATunDevice() =>
        Assert.Equal("link flannel-wg mtu 1440 up type tun", Nodes.Planner(AddressFamilies.IPv4, kind: WireGuardDeviceKind.Userspace).Own(AddressFamilies.IPv4)[0]);

    [Fact]
    public void PlanGuard_DualStack_IsUnreachableAtTheWorstMetric() => Assert.Equal(
        ["unreachable 10.244.0.0/16 metric 4294967295", "unreachable 2001:cafe:42::/56 metric 4294967295"],
        WireGuardPlanner.PlanGuard(Nodes.Network(AddressFamilies.Dual)).Select(entry => entry.ToString()));

    [Theory]
    [InlineData(TunnelMode.Separate, AddressFamilies.IPv4, 1500, 0, 1440)]
    [InlineData(TunnelMode.Separate, AddressFamilies.IPv6, 1500, 0, 1420)]
    [InlineData(TunnelMode.Separate, AddressFamilies.Dual, 1500, 0, 1420)]
    [InlineData(TunnelMode.Auto, AddressFamilies.IPv4, 1500, 0, 1440)]
    [InlineData(TunnelMode.Auto, AddressFamilies.Dual, 1500, 0, 1420)]
    [InlineData(TunnelMode.IPv4, AddressFamilies.Dual, 1500, 0, 1440)]
    [InlineData(TunnelMode.IPv6, AddressFamilies.Dual, 1500, 0, 1420)]
    [InlineData(TunnelMode.Separate, AddressFamilies.IPv4, 9000, 0, 8940)]
    [InlineData(TunnelMode.Separate, AddressFamilies.IPv4, 1500, 1400, 1340)]
    [InlineData(TunnelMode.Separate, AddressFamilies.IPv4, 1500, 9000, 1440)]
    internal void Facts_Mtu_LeavesRoomForTheOuterHeaders(TunnelMode mode, AddressFamilies families, int underlay, int setting, int mtu) =>
        Assert.Equal(mtu, Nodes.Planner(families, new WireGuardSettings { Mode = mode, Mtu = setting }, underlay).Facts.Mtu);

    [Fact]
    public void Facts_NoRoomForIPv6_IsAFault() => Assert.Equal(
        "the outer packets of eth0 leave 1270 bytes for IPv6 inside, which needs 1280; raise the interface's MTU (or Backend.MTU) by 10",
        Nodes.Planner(AddressFamilies.Dual, mtu: 1350).Facts.Fault);

    [Fact]
    public void Facts_Attributes_AreFlannelsBytes()
    {
        var attributes = Nodes.Planner(AddressFamilies.Dual).Facts.Attributes;

        Assert.Equal("wireguard", attributes.BackendType);
        Assert.Equal($$"""{"PublicKey":"{{Key1}}","Port":51820}""", attributes.BackendData);
        Assert.Equal($$"""{"PublicKey":"{{Key1}}","Port":51821}""", attributes.BackendV6Data);
    }

    [Theory]
    [InlineData(TunnelMode.Auto)]
    [InlineData(TunnelMode.IPv4)]
    [InlineData(TunnelMode.IPv6)]
    internal void Facts_OneDevice_PublishesThePortThatItListensOn(TunnelMode mode) =>
        Assert.Equal($$"""{"PublicKey":"{{Key1}}","Port":51820}""", Nodes.Planner(AddressFamilies.Dual, Mode(mode)).Facts.Attributes.BackendV6Data);

    [Fact]
    public void Facts_OneFamily_PublishesThatFamilyOnly()
    {
        Assert.Null(Nodes.Planner(AddressFamilies.IPv4).Facts.Attributes.BackendV6Data);
        Assert.Null(Nodes.Planner(AddressFamilies.IPv6).Facts.Attributes.BackendData);
    }

    [Fact]
    public void Plan_IPv4_IsOnePeer() => Assert.Equal(
        [$"wireguard peer {Key2} dev flannel-wg endpoint 192.168.1.2:51820 allowed-ips 10.244.2.0/24"],
        Plan(AddressFamilies.IPv4, new WireGuardSettings(), Nodes.Lease(2)));

    [Fact]
    public void Plan_KeyAndKeepalive_AreOnThePeer() => Assert.Equal(
        [$"wireguard peer {Key2} dev flannel-wg endpoint 192.168.1.2:4500 allowed-ips 10.244.2.0/24 preshared-key persistent-keepalive 25"],
        Plan(AddressFamilies.IPv4, new WireGuardSettings { HasPresharedKey = true, PersistentKeepalive = TimeSpan.FromSeconds(25) }, Nodes.Lease(2, port: 4500)));

    [Fact]
    public void Plan_SeparateDualStack_IsAPeerInEachDevice() => Assert.Equal(
        [
            $"wireguard peer {Key2} dev flannel-wg endpoint 192.168.1.2:51820 allowed-ips 10.244.2.0/24",
            $"wireguard peer {Key2} dev flannel-wg-v6 endpoint [fd00:1::2]:51821 allowed-ips 2001:cafe:42:2::/64",
        ],
        Plan(AddressFamilies.Dual, new WireGuardSettings(), Nodes.Lease(2, AddressFamilies.Dual)));

    [Theory]
    [InlineData(TunnelMode.Auto, "192.168.1.2:51820")]
    [InlineData(TunnelMode.IPv4, "192.168.1.2:51820")]
    [InlineData(TunnelMode.IPv6, "[fd00:1::2]:51820")]
    internal void Plan_OneDeviceDualStack_IsOnePeerWithBothSubnets(TunnelMode mode, string endpoint) => Assert.Equal(
        [$"wireguard peer {Key2} dev flannel-wg endpoint {endpoint} allowed-ips 10.244.2.0/24,2001:cafe:42:2::/64"],
        // Flannel publishes 51821 for IPv6 also here, where it does not listen on it (5.W7).
        Plan(AddressFamilies.Dual, Mode(mode), Nodes.Lease(2, AddressFamilies.Dual)));

    [Theory]
    [InlineData("192.168.1.1", "fd00:1::1", "192.168.1.2", "fd00:1::2", "192.168.1.2")]
    [InlineData("192.168.1.1", "2001:db8::1", "203.0.113.2", "2001:db8::2", "203.0.113.2")]
    [InlineData("192.168.1.1", "2001:db8::1", "192.168.1.2", "2001:db8::2", "2001:db8::2")]
    [InlineData("192.168.1.1", "fd00:1::1", "192.168.1.2", "2001:db8::2", "192.168.1.2")]
    [InlineData("192.168.1.1", "fd00:1::1", "0.0.0.0", "fd00:1::2", "fd00:1::2")]
    public void OuterFamily_Auto_TakesWhatIsMostLikelyReached(string own, string own6, string peer, string peer6, string chosen) => Assert.Equal(
        chosen,
        OuterFamily.Choose(TunnelMode.Auto, new AddressPair(IPAddress.Parse(own), IPAddress.Parse(own6)), new AddressPair(IPAddress.Parse(peer), IPAddress.Parse(peer6)), out _)?.ToString());

    [Fact]
    public void Plan_PeerWithoutPort_IsReachedAtTheOwnPort() => Assert.Equal(
        [$"wireguard peer {Key2} dev flannel-wg endpoint 192.168.1.2:51820 allowed-ips 10.244.2.0/24"],
        Plan(AddressFamilies.IPv4, new WireGuardSettings(), With(Nodes.Lease(2), $$"""{"PublicKey":"{{Key2}}"}""")));

    [Theory]
    [InlineData(null, "it publishes no backend data; restart the agent of that node, so that it publishes anew")]
    [InlineData("null", "its backend data null is no object with PublicKey and Port; restart")]
    [InlineData("{", "its backend data { is not JSON; restart")]
    [InlineData("""{"PublicKey":"short","Port":1}""", "its PublicKey short is no WireGuard key; restart")]
    [InlineData("""{"PublicKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","Port":1}""", "its PublicKey AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= is no WireGuard key; restart")]
    [InlineData("""{"PublicKey":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=","Port":"x"}""", "is no object with PublicKey and Port; restart")]
    [InlineData("""{"PublicKey":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","Port":1}""", "its key AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE= is this node's own, so it is an old lease of this node or a copy of this machine; release that lease, or delete the copy's key file")]
    public void Plan_UnusableData_IsRefusedWithTheRemedy(string? data, string refusal)
    {
        var lines = Plan(AddressFamilies.IPv4, new WireGuardSettings(), With(Nodes.Lease(2), data));

        Assert.Contains(refusal, Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_SameAddressOtherPort_IsAnotherNodeBehindTheSameNat()
    {
        var peer = Nodes.Lease(2, port: 4500);
        peer = peer with { Attributes = peer.Attributes with { PublicAddresses = Nodes.Addresses(1, AddressFamilies.IPv4) } };

        Assert.Equal(
            [$"wireguard peer {Key2} dev flannel-wg endpoint 192.168.1.1:4500 allowed-ips 10.244.2.0/24"],
            Plan(AddressFamilies.IPv4, new WireGuardSettings(), peer));
    }

    [Fact]
    public void Plan_OwnEndpoint_IsRefused()
    {
        var peer = Nodes.Lease(2);
        peer = peer with { Attributes = peer.Attributes with { PublicAddresses = Nodes.Addresses(1, AddressFamilies.IPv4) } };

        Assert.Contains("is reached at 192.168.1.1:51820, as this node itself", Assert.Single(Plan(AddressFamilies.IPv4, new WireGuardSettings(), peer)), StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_SubnetOutsideTheNetwork_IsRefused()
    {
        var peer = Nodes.Lease(2) with { Subnets = new SubnetPair(IPNetwork.Parse("0.0.0.0/0"), null) };

        Assert.Contains("lies outside the network", Assert.Single(Plan(AddressFamilies.IPv4, new WireGuardSettings(), peer)), StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OneDeviceDifferentKeysInTheFamilies_ServesIPv4()
    {
        var peer = Nodes.Lease(2, AddressFamilies.Dual);
        peer = peer with { Attributes = peer.Attributes with { BackendV6Data = WireGuardPeerData.Write(Nodes.Key(3), 51820) } };

        var lines = Plan(AddressFamilies.Dual, Mode(TunnelMode.Auto), peer);

        Assert.Equal(2, lines.Length);
        Assert.Equal($"wireguard peer {Key2} dev flannel-wg endpoint 192.168.1.2:51820 allowed-ips 10.244.2.0/24", lines[0]);
        Assert.Contains("IPv6: it publishes another key", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_ModeIPv6PeerWithoutIPv6Address_IsRefusedOnce()
    {
        var peer = Nodes.Lease(2, AddressFamilies.Dual);
        peer = peer with { Attributes = peer.Attributes with { PublicAddresses = Nodes.Addresses(2, AddressFamilies.IPv4) } };

        Assert.Equal(
            ["refused: it publishes no public IPv6 address, over which all tunnels run; start its agent on an interface that has one, or with --public-ipv6, or change Backend.Mode"],
            Plan(AddressFamilies.Dual, Mode(TunnelMode.IPv6), peer));
    }

    private static string[] Plan(AddressFamilies families, WireGuardSettings settings, Lease peer) =>
        Nodes.Planner(families, settings).Plan(Nodes.Lease(1, families), peer).Text();

    private static Lease With(Lease lease, string? data) => lease with { Attributes = lease.Attributes with { BackendData = data } };
}
