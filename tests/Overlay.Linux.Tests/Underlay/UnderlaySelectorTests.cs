using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Underlay;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;
using Xunit;

namespace Overlay.Linux.Tests.Underlays;

using Underlay = Core.Backends.Underlay;

/// <summary>The rules of flannel-facts 7 on a real kernel: eth0 (192.0.2.1, 2001:db8::1) has the default routes, eth1 (10.9.0.1) has none, eth2
/// (fd00:2::1) is of IPv6 alone.</summary>
[Trait("Needs", "root")]
public sealed class UnderlaySelectorTests : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(20);

    private readonly TestTopology _topology;
    private readonly TestHost _host;
    private readonly NetworkWatch _watch;

    public UnderlaySelectorTests()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        _topology = new TestTopology(new TestTopologyOptions { Hosts = 1, Families = AddressFamilies.Dual });
        _host = _topology.Hosts[0];
        Ip("link add eth1 type veth peer name peer1");
        Ip("link add eth2 type veth peer name peer2");
        foreach (var name in (string[])["eth1", "peer1", "eth2", "peer2"])
        {
            Ip($"link set {name} up");
        }

        Ip("addr add 10.9.0.1/16 dev eth1");
        Ip("addr add fd00:2::1/64 dev eth2 nodad");
        _watch = _host.Namespace.Run(() => new NetworkWatch(NullLogger<NetworkWatch>.Instance));
    }

    public static TheoryData<string, UnderlaySelection, AddressFamilies, string> Rules => new()
    {
        { "default route", new(), AddressFamilies.IPv4, "eth0 1500 192.0.2.1 | 192.0.2.1" },
        { "default route of IPv6", new(), AddressFamilies.IPv6, "eth0 1500 2001:db8::1 | 2001:db8::1" },
        { "default routes", new(), AddressFamilies.Dual, "eth0 1500 192.0.2.1, 2001:db8::1 | 192.0.2.1, 2001:db8::1" },
        { "--iface name", new() { Interfaces = ["nowhere", "eth1"] }, AddressFamilies.IPv4, "eth1 1500 10.9.0.1 | 10.9.0.1" },
        { "--iface address", new() { Interfaces = ["10.9.0.1"] }, AddressFamilies.IPv4, "eth1 1500 10.9.0.1 | 10.9.0.1" },
        { "--iface IPv6 address, dual stack", new() { Interfaces = ["2001:db8::1"] }, AddressFamilies.Dual, "eth0 1500 192.0.2.1, 2001:db8::1 | 192.0.2.1, 2001:db8::1" },
        { "--iface-regex address", new() { InterfaceRegexes = [@"^10\.9\."] }, AddressFamilies.IPv4, "eth1 1500 10.9.0.1 | 10.9.0.1" },
        { "--iface-regex name", new() { InterfaceRegexes = ["^eth2$"] }, AddressFamilies.IPv6, "eth2 1500 fd00:2::1 | fd00:2::1" },
        { "--iface-can-reach", new() { CanReach = IPAddress.Parse("10.9.3.4") }, AddressFamilies.IPv4, "eth1 1500 10.9.0.1 | 10.9.0.1" },
        { "--iface-can-reach through a gateway", new() { CanReach = IPAddress.Parse("198.51.100.1") }, AddressFamilies.IPv4, "eth0 1500 192.0.2.1 | 192.0.2.1" },
        { "--public-ip of an interface", new() { PublicAddresses = new(IPAddress.Parse("10.9.0.1"), null) }, AddressFamilies.IPv4, "eth1 1500 10.9.0.1 | 10.9.0.1" },
        { "--public-ipv6 of an interface", new() { PublicAddresses = new(null, IPAddress.Parse("fd00:2::1")) }, AddressFamilies.IPv6, "eth2 1500 fd00:2::1 | fd00:2::1" },
        { "--public-ip of a NAT", new() { Interfaces = ["eth0"], PublicAddresses = new(IPAddress.Parse("203.0.113.9"), null) }, AddressFamilies.Dual, "eth0 1500 192.0.2.1, 2001:db8::1 | 203.0.113.9, 2001:db8::1" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Select_Wish_GivesTheInterface(string rule, UnderlaySelection selection, AddressFamilies families, string expected)
    {
        Assert.NotEmpty(rule);
        var underlay = (await SelectAsync(selection, families)).Current;

        Assert.Equal(expected, $"{underlay.InterfaceName} {underlay.Mtu} {underlay.Addresses} | {underlay.PublicAddresses}");
        Assert.Equal(_host.Route.FindLink(underlay.InterfaceName)!.Index, underlay.InterfaceIndex);
        Assert.Null(underlay.Fault);
    }

    public static TheoryData<UnderlaySelection, AddressFamilies, string> Errors => new()
    {
        { new() { Interfaces = ["eth9"] }, AddressFamilies.IPv4, "--iface=eth9: no interface has this name" },
        { new() { Interfaces = ["10.9.0.9"] }, AddressFamilies.IPv4, "--iface=10.9.0.9: no interface has this address" },
        { new() { Interfaces = ["eth2"] }, AddressFamilies.IPv4, "--iface=eth2: eth2 cannot be used: it has no IPv4 address that can be used" },
        { new() { InterfaceRegexes = ["(", "wlan"] }, AddressFamilies.IPv4, "--iface-regex=wlan: nothing matches" },
        { new() { CanReach = IPAddress.Parse("127.0.0.1") }, AddressFamilies.IPv4, "--iface-can-reach=127.0.0.1: lo cannot be used: it has no IPv4 address that can be used" },
        { new() { PublicAddresses = new(IPAddress.Parse("203.0.113.9"), null) }, AddressFamilies.IPv4, "--public-ip=203.0.113.9: no interface has this address" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Select_NothingFits_NamesTheWishAndEveryInterface(UnderlaySelection selection, AddressFamilies families, string expected)
    {
        var message = (await Assert.ThrowsAsync<OverlayException>(() => SelectAsync(selection, families))).Message;

        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.All((string[])["  lo (127.0.0.1, ::1): ", "  eth0 (192.0.2.1, 2001:db8::1", "  eth1 (10.9.0.1", "  eth2 (fd00:2::1"], line => Assert.Contains(line, message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Select_NoDefaultRoute_SaysSo()
    {
        Ip("route flush root 0/0 exact 0/0");

        Assert.Contains("default route: there is none of IPv4 in the main table", (await Assert.ThrowsAsync<OverlayException>(() => SelectAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Select_DefaultRoutesOnTwoInterfaces_NamesBoth()
    {
        Ip("-6 route del default dev eth0");
        Ip("-6 route add default via fd00:2::fe dev eth2");

        var message = (await Assert.ThrowsAsync<OverlayException>(() => SelectAsync(families: AddressFamilies.Dual))).Message;
        Assert.Contains("that of IPv4 leads through eth0 and that of IPv6 through eth2; choose one with --iface", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Select_MultipathDefaultRoute_TakesTheFirstNextHop()
    {
        Ip("route replace default nexthop via 10.9.0.254 dev eth1 nexthop via 192.0.2.254 dev eth0");
        Assert.Equal("eth1", (await SelectAsync()).Current.InterfaceName);

        // A next hop on a link that is down does not count.
        Ip("link set eth1 down");
        Assert.Equal("eth0", (await SelectAsync()).Current.InterfaceName);
    }

    [Fact]
    public async Task Select_MultipathDefaultRouteOfIPv6_TakesTheFirstNextHop()
    {
        Ip("-6 route del default dev eth0");
        Ip("-6 route add default nexthop via fd00:2::fe dev eth2 nexthop via 2001:db8::fe dev eth0");
        Assert.Equal("eth2", (await SelectAsync(families: AddressFamilies.IPv6)).Current.InterfaceName);
    }

    [Fact]
    public async Task Select_TwoDefaultRoutes_TakesTheBetterMetric()
    {
        Ip("route add default via 10.9.0.254 dev eth1 metric 50");
        Assert.Equal("eth0", (await SelectAsync()).Current.InterfaceName);
        Ip("route del default dev eth0");
        Ip("route add default via 192.0.2.254 dev eth0 metric 100");
        Assert.Equal("eth1", (await SelectAsync()).Current.InterfaceName);
    }

    [Fact]
    public async Task Select_OnLinkPrefixes_AreConnectedAndGatewaylessRoutes()
    {
        Ip("route add 198.51.100.0/24 dev eth0");
        Ip("route add 203.0.113.0/24 via 192.0.2.9 dev eth0");
        Assert.Equal("192.0.2.0/24, 198.51.100.0/24, 2001:db8::/64", string.Join(", ", (await SelectAsync(families: AddressFamilies.Dual)).Current.OnLinkPrefixes));
    }

    [Fact]
    public async Task Follow_EveryChange_IsTold()
    {
        var underlay = await SelectAsync();

        Ip("link set eth0 mtu 1400");
        await UntilAsync(underlay, now => now.Mtu == 1400);

        Ip("addr del 192.0.2.1/24 dev eth0");
        Ip("addr add 192.0.2.99/24 dev eth0");
        await UntilAsync(underlay, now => now.Fault is null && now.PublicAddresses.ToString() == "192.0.2.99" && now.Addresses == now.PublicAddresses);

        Ip("route add 198.51.100.0/24 dev eth0");
        await UntilAsync(underlay, now => now.IsOnLink(IPAddress.Parse("198.51.100.7")));
        Ip("route del 198.51.100.0/24 dev eth0");
        await UntilAsync(underlay, now => !now.IsOnLink(IPAddress.Parse("198.51.100.7")));

        Ip("addr flush dev eth0");
        var lost = await UntilAsync(underlay, now => now.Fault is not null);
        Assert.Equal("eth0 has lost its address 192.0.2.99", lost.Fault);
        Assert.Equal("192.0.2.99", lost.Addresses.ToString());
        Ip("addr add 192.0.2.99/24 dev eth0");
        await UntilAsync(underlay, now => now.Fault is null);

        Ip("link set eth0 down");
        var down = await UntilAsync(underlay, now => now.Fault == "eth0 is down");
        Assert.True(down.IsOnLink(IPAddress.Parse("192.0.2.7")));
        Ip("link set eth0 up");
        await UntilAsync(underlay, now => now.Fault is null && now.IsOnLink(IPAddress.Parse("192.0.2.7")));

        Ip("link set eth0 down");
        Ip("link set eth0 name ens3");
        Ip("link set ens3 up");
        await UntilAsync(underlay, now => now is { InterfaceName: "ens3", Fault: null });
    }

    [Fact]
    public async Task Follow_InterfaceMadeAgain_HasItsNewIndex()
    {
        var underlay = await SelectAsync(new UnderlaySelection { Interfaces = ["eth1"] });
        var before = underlay.Current.InterfaceIndex;

        Ip("link del eth1");
        await UntilAsync(underlay, now => now.Fault == "eth1 is gone");
        Ip("link add eth1 type veth peer name peer1");
        Ip("link set eth1 up");
        Ip("addr add 10.9.0.1/16 dev eth1");

        var after = await UntilAsync(underlay, now => now.Fault is null);
        Assert.NotEqual(before, after.InterfaceIndex);
        Assert.Equal("10.9.0.1", after.Addresses.ToString());
    }

    [Fact]
    public async Task Follow_PublicAddressOfANat_StaysWhenTheInterfacesChanges()
    {
        var underlay = await SelectAsync(new UnderlaySelection { Interfaces = ["eth0"], PublicAddresses = new(IPAddress.Parse("203.0.113.9"), null) });

        Ip("addr del 192.0.2.1/24 dev eth0");
        Ip("addr add 192.0.2.99/24 dev eth0");

        var now = await UntilAsync(underlay, now => now.Addresses.ToString() == "192.0.2.99");
        Assert.Equal("203.0.113.9", now.PublicAddresses.ToString());
    }

    public void Dispose()
    {
        _watch?.Dispose();
        _topology?.Dispose();
    }

    private async Task<Live<Underlay>> SelectAsync(UnderlaySelection? selection = null, AddressFamilies families = AddressFamilies.IPv4) =>
        await new UnderlaySelector(_watch, NullLogger<UnderlaySelector>.Instance).SelectAsync(selection ?? new(), families, TestContext.Current.CancellationToken);

    private static async Task<Underlay> UntilAsync(Live<Underlay> underlay, Func<Underlay, bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(_deadline);
        var now = underlay.Current;
        while (!condition(now))
        {
            now = await underlay.WaitForOtherThanAsync(now, deadline.Token);
        }

        return now;
    }

    private void Ip(string arguments)
    {
        using var ip = ChildProcess.Start(null, "ip", ["-n", _host.Name, .. arguments.Split(' ')]);
        ip.WaitForExitAsync(_deadline).GetAwaiter().GetResult();
        Assert.True(ip.ExitCode == 0, $"ip {arguments}: {ip.Output}");
    }
}
