using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Netlink.Route;
using Overlay.Linux.Underlay;
using Xunit;

namespace Overlay.Linux.Tests.Underlays;

public class UnderlayChooserTests
{
    private static readonly HostInterface _loopback = Interface(1, "lo", "127.0.0.1", "::1") with { IsLoopback = true, Mtu = 65536 };
    private static readonly HostInterface _eth0 = Interface(2, "eth0", "192.168.1.1", "fd00:1::1", "fe80::1");
    private static readonly HostInterface _eth1 = Interface(3, "eth1", "10.0.0.1");
    private static readonly HostInterface _eth2 = Interface(4, "eth2", "fd00:2::1");

    public static TheoryData<string, UnderlaySelection, AddressFamilies, string> Choices => new()
    {
        { "default route", new(), AddressFamilies.IPv4, "eth0 192.168.1.1 none" },
        { "default route v6", new(), AddressFamilies.IPv6, "eth0 none fd00:1::1" },
        { "default routes", new(), AddressFamilies.Dual, "eth0 192.168.1.1 fd00:1::1" },
        { "name", new() { Interfaces = ["eth1"] }, AddressFamilies.IPv4, "eth1 10.0.0.1 none" },
        { "address", new() { Interfaces = ["10.0.0.1"] }, AddressFamilies.IPv4, "eth1 10.0.0.1 none" },
        { "address in a dual-stack network", new() { Interfaces = ["192.168.1.1"] }, AddressFamilies.Dual, "eth0 192.168.1.1 fd00:1::1" },
        { "IPv6 address in a dual-stack network", new() { Interfaces = ["fd00:1::1"] }, AddressFamilies.Dual, "eth0 192.168.1.1 fd00:1::1" },
        { "address that is not the first choice", new() { Interfaces = ["fe80::1"] }, AddressFamilies.Dual, "eth0 192.168.1.1 fe80::1" },
        { "first that fits, in order", new() { Interfaces = ["eth9", "eth2", "eth1", "eth0"] }, AddressFamilies.IPv4, "eth1 10.0.0.1 none" },
        { "pattern for an address", new() { InterfaceRegexes = [@"^10\."] }, AddressFamilies.IPv4, "eth1 10.0.0.1 none" },
        { "pattern for a name", new() { InterfaceRegexes = ["th1$"] }, AddressFamilies.IPv4, "eth1 10.0.0.1 none" },
        { "addresses before names", new() { InterfaceRegexes = ["^(eth0|10.*)$"] }, AddressFamilies.IPv4, "eth1 10.0.0.1 none" },
        { "pattern for both families", new() { InterfaceRegexes = ["^(192|fd00:1)"] }, AddressFamilies.Dual, "eth0 192.168.1.1 fd00:1::1" },
        { "pattern for one family only, then a name", new() { InterfaceRegexes = ["^192", "eth0"] }, AddressFamilies.Dual, "eth0 192.168.1.1 fd00:1::1" },
        { "names before patterns", new() { Interfaces = ["eth0"], InterfaceRegexes = ["eth1"] }, AddressFamilies.IPv4, "eth0 192.168.1.1 none" },
        { "pattern when no name fits", new() { Interfaces = ["eth9"], InterfaceRegexes = ["eth1"] }, AddressFamilies.IPv4, "eth1 10.0.0.1 none" },
        { "route", new() { CanReach = IPAddress.Parse("10.9.9.9") }, AddressFamilies.IPv4, "eth1 10.0.0.1 none" },
        { "route when nothing else fits", new() { Interfaces = ["eth9"], InterfaceRegexes = ["wlan"], CanReach = IPAddress.Parse("10.9.9.9") }, AddressFamilies.IPv4, "eth1 10.0.0.1 none" },
        { "public address", new() { PublicAddresses = new(IPAddress.Parse("10.0.0.1"), null) }, AddressFamilies.IPv4, "eth1 10.0.0.1 none" },
        { "public IPv6 address", new() { PublicAddresses = new(null, IPAddress.Parse("fd00:2::1")) }, AddressFamilies.IPv6, "eth2 none fd00:2::1" },
        { "public address of a family that is off", new() { PublicAddresses = new(IPAddress.Parse("10.0.0.1"), null) }, AddressFamilies.IPv6, "eth0 none fd00:1::1" },
        { "public address beside a name", new() { Interfaces = ["eth0"], PublicAddresses = new(IPAddress.Parse("203.0.113.9"), null) }, AddressFamilies.IPv4, "eth0 192.168.1.1 none" },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public void Choose_Wish_GivesInterfaceAndAddresses(string rule, UnderlaySelection wishes, AddressFamilies families, string expected)
    {
        Assert.NotEmpty(rule);
        var choice = UnderlayChooser.Choose(Host(), wishes, families);
        Assert.Equal(expected, $"{choice.Interface.Name} {choice.IPv4} {choice.IPv6}");
    }

    public static TheoryData<string, UnderlaySelection, AddressFamilies, string[]> Errors => new()
    {
        {
            "no such name", new() { Interfaces = ["eth9"] }, AddressFamilies.IPv4,
            ["  --iface=eth9: no interface has this name", "  lo (127.0.0.1, ::1): its name is not eth9", "  eth0 (192.168.1.1, fd00:1::1, fe80::1): its name is not eth9"]
        },
        { "no such address", new() { Interfaces = ["10.0.0.9"] }, AddressFamilies.IPv4, ["  --iface=10.0.0.9: no interface has this address", "  eth1 (10.0.0.1): it does not have 10.0.0.9"] },
        { "no IPv4 address", new() { Interfaces = ["eth2"] }, AddressFamilies.IPv4, ["  --iface=eth2: eth2 cannot be used: it has no IPv4 address that can be used", "  eth2 (fd00:2::1): it has no IPv4 address that can be used"] },
        { "no IPv6 address", new() { Interfaces = ["eth1"] }, AddressFamilies.Dual, ["  --iface=eth1: eth1 cannot be used: it has no IPv6 address that can be used"] },
        { "loopback", new() { Interfaces = ["lo"] }, AddressFamilies.Dual, ["  --iface=lo: lo cannot be used: it has neither an IPv4 nor an IPv6 address that can be used"] },
        { "bad pattern", new() { InterfaceRegexes = ["["] }, AddressFamilies.IPv4, ["  --iface-regex=[: this is no regular expression: "] },
        { "no match", new() { InterfaceRegexes = ["^wlan"] }, AddressFamilies.IPv4, ["  --iface-regex=^wlan: nothing matches", "  eth1 (10.0.0.1): neither its addresses nor its name match ^wlan"] },
        { "pattern for one family only", new() { InterfaceRegexes = [@"^192\."] }, AddressFamilies.Dual, [@"  --iface-regex=^192\.: nothing matches"] },
        { "unreachable", new() { CanReach = IPAddress.Parse("172.16.0.1") }, AddressFamilies.IPv4, ["  --iface-can-reach=172.16.0.1: no route leads there", "  eth0 (192.168.1.1, fd00:1::1, fe80::1): the route to 172.16.0.1 does not lead through it"] },
        { "other family to reach", new() { CanReach = IPAddress.Parse("fd00::1") }, AddressFamilies.IPv4, ["  --iface-can-reach=fd00::1: the network has no IPv6; give an address of the other family"] },
        {
            "public address of nobody", new() { PublicAddresses = new(IPAddress.Parse("203.0.113.9"), null) }, AddressFamilies.IPv4,
            ["  --public-ip=203.0.113.9: no interface has this address; if it is the address of a NAT, name the interface with --iface, too"]
        },
        {
            "public IPv6 address of nobody", new() { PublicAddresses = new(null, IPAddress.Parse("2001:db8::9")) }, AddressFamilies.IPv6,
            ["  --public-ipv6=2001:db8::9: no interface has this address; if it is the address of a NAT, name the interface with --iface, too"]
        },
        {
            "all wishes at once", new() { Interfaces = ["eth9"], InterfaceRegexes = ["wlan"], CanReach = IPAddress.Parse("172.16.0.1") }, AddressFamilies.IPv4,
            ["  --iface=eth9: no interface has this name", "  --iface-regex=wlan: nothing matches", "  --iface-can-reach=172.16.0.1: no route leads there", "  eth1 (10.0.0.1): its name is not eth9, neither its addresses nor its name match wlan, the route to 172.16.0.1 does not lead through it"]
        },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void Choose_NothingFits_ListsEveryWishAndInterface(string rule, UnderlaySelection wishes, AddressFamilies families, string[] expected)
    {
        Assert.NotEmpty(rule);
        var message = Assert.Throws<OverlayException>(() => UnderlayChooser.Choose(Host(), wishes, families)).Message;

        Assert.StartsWith("No interface between the nodes was found.", message, StringComparison.Ordinal);
        Assert.All(expected, line => Assert.Contains(line, message, StringComparison.Ordinal));
        Assert.All(Host().Interfaces, candidate => Assert.Contains($"  {candidate}: ", message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(AddressFamilies.IPv4, "there is none of IPv4 in the main table")]
    [InlineData(AddressFamilies.IPv6, "there is none of IPv6 in the main table")]
    [InlineData(AddressFamilies.Dual, "there is none of IPv4 or IPv6 in the main table")]
    public void Choose_NoDefaultRoute_SaysWhatHelps(AddressFamilies families, string expected)
    {
        var message = Fail(Host() with { DefaultRoutes = [] }, families);

        Assert.Contains($"  default route: {expected}; add one, or choose an interface with --iface, --iface-regex or --iface-can-reach", message, StringComparison.Ordinal);
        Assert.Contains("  eth1 (10.0.0.1): no default route leads through it", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_DefaultRouteWithoutWorkingNextHop_SaysSo() => Assert.Contains(
        "  default route: that of IPv4 has no next hop on a working interface; bring the interface up",
        Fail(Host() with { DefaultRoutes = [new(false, 0, [])] }, AddressFamilies.IPv4),
        StringComparison.Ordinal);

    [Fact]
    public void Choose_DefaultRoutesThroughTwoInterfaces_NamesBoth() => Assert.Contains(
        "  default route: that of IPv4 leads through eth0 and that of IPv6 through eth2; choose one with --iface",
        Fail(Host() with { DefaultRoutes = [new(false, 0, [2]), new(true, 1024, [4])] }, AddressFamilies.Dual),
        StringComparison.Ordinal);

    [Fact]
    public void Choose_DualStackWithOneDefaultRoute_TakesThatInterface()
    {
        var choice = UnderlayChooser.Choose(Host() with { DefaultRoutes = [new(false, 0, [2])] }, new(), AddressFamilies.Dual);
        Assert.Equal("eth0 192.168.1.1 fd00:1::1", $"{choice.Interface.Name} {choice.IPv4} {choice.IPv6}");
    }

    [Fact]
    public void Choose_MultipathDefaultRoute_TakesTheFirstNextHopOnAnInterface() =>
        Assert.Equal("eth1", UnderlayChooser.Choose(Host() with { DefaultRoutes = [new(false, 0, [99, 3, 2])] }, new(), AddressFamilies.IPv4).Interface.Name);

    [Fact]
    public void Choose_SeveralDefaultRoutes_TakesTheBestMetricThatWorks() => Assert.Equal(
        "eth1",
        UnderlayChooser.Choose(Host() with { DefaultRoutes = [new(false, 200, [2]), new(false, 100, [3]), new(false, 50, [])] }, new(), AddressFamilies.IPv4).Interface.Name);

    [Fact]
    public void Choose_NoMtu_IsRefused() =>
        Assert.Contains("eth0 cannot be used: it tells no MTU", Fail(Host() with { Interfaces = [_eth0 with { Mtu = 0 }] }, AddressFamilies.IPv4), StringComparison.Ordinal);

    public static TheoryData<string, string, AddressFlags[], string> Orders => new()
    {
        { "global before link-local", "169.254.0.1 10.0.0.1", [AddressFlags.Permanent, AddressFlags.None], "10.0.0.1" },
        { "link-local when there is nothing else", "169.254.0.1", [AddressFlags.Permanent], "169.254.0.1" },
        { "set by hand before given", "10.0.0.2 10.0.0.1", [AddressFlags.None, AddressFlags.Permanent], "10.0.0.1" },
        { "first of equals", "10.0.0.2 10.0.0.1", [AddressFlags.Permanent, AddressFlags.Permanent], "10.0.0.2" },
        { "secondary is as good in IPv4", "10.0.0.2 10.0.0.1", [AddressFlags.Permanent | AddressFlags.Secondary, AddressFlags.Permanent], "10.0.0.2" },
        { "temporary last", "fd00::2 fd00::1", [AddressFlags.Secondary, AddressFlags.None], "fd00::1" },
        { "tentative last", "fd00::2 fd00::1", [AddressFlags.Permanent | AddressFlags.Tentative, AddressFlags.Permanent], "fd00::1" },
        { "deprecated never", "10.0.0.2", [AddressFlags.Deprecated], "none" },
        { "somebody else's never", "fd00::2", [AddressFlags.Permanent | AddressFlags.DuplicateDetectionFailed], "none" },
        { "loopback never", "127.0.0.1", [AddressFlags.Permanent], "none" },
        { "IPv6 loopback never", "::1", [AddressFlags.Permanent], "none" },
    };

    [Theory]
    [MemberData(nameof(Orders))]
    public void Choose_SeveralAddresses_FollowsFlannelsOrder(string rule, string addresses, AddressFlags[] flags, string expected)
    {
        Assert.NotEmpty(rule);
        var list = addresses.Split(' ').Zip(flags, (address, flag) => new HostAddress(InetAddress.Parse(address), flag)).ToArray();
        Assert.Equal(expected, AddressChoice.Choose(list, list[0].Address.IsIPv6).ToString());
    }

    [Fact]
    public void Choose_CurrentAddressStillThere_Stays() => Assert.Equal(
        "10.0.0.2",
        AddressChoice.Choose([new(InetAddress.Parse("10.0.0.1")), new(InetAddress.Parse("10.0.0.2"), AddressFlags.None)], isIPv6: false, InetAddress.Parse("10.0.0.2")).ToString());

    private static string Fail(HostView host, AddressFamilies families) =>
        Assert.Throws<OverlayException>(() => UnderlayChooser.Choose(host, new(), families)).Message;

    private static HostView Host() => new(
        [_loopback, _eth0, _eth1, _eth2],
        [new(false, 0, [2]), new(true, 1024, [2])],
        target => target.ToString().StartsWith("10.", StringComparison.Ordinal) ? 3 : null);

    private static HostInterface Interface(int index, string name, params string[] addresses) =>
        new(index, name, 1500, IsUp: true, IsLoopback: false, [.. addresses.Select(address => new HostAddress(InetAddress.Parse(address)))]);
}
