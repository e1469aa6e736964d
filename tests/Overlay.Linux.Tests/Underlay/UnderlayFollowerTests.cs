using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Linux.Netlink.Route;
using Overlay.Linux.Underlay;
using Xunit;

namespace Overlay.Linux.Tests.Underlays;

public class UnderlayFollowerTests
{
    private static readonly IPNetwork[] _onLink = [IPNetwork.Parse("192.168.1.0/24")];

    [Fact]
    public void Follow_NothingNew_IsEqual() => Assert.Equal(Begin(), Follow(Interface("192.168.1.1", "fd00:1::1")));

    [Fact]
    public void Follow_MtuIndexAndName_AreTaken()
    {
        var now = Follow(Interface("192.168.1.1", "fd00:1::1") with { Mtu = 9000, Index = 7, Name = "ens3" });
        Assert.Equal("ens3 7 9000", $"{now.InterfaceName} {now.InterfaceIndex} {now.Mtu}");
        Assert.Null(now.Fault);
    }

    [Fact]
    public void Follow_OtherAddress_MovesThePublicAddressToo()
    {
        var now = Follow(Interface("192.168.1.9", "fd00:1::1"));
        Assert.Equal("192.168.1.9, fd00:1::1", now.Addresses.ToString());
        Assert.Equal("192.168.1.9, fd00:1::1", now.PublicAddresses.ToString());
    }

    [Fact]
    public void Follow_PublicAddressThatTheUserSet_Stays()
    {
        var wishes = new UnderlaySelection { PublicAddresses = new AddressPair(IPAddress.Parse("203.0.113.9"), null) };
        var now = Follow(Interface("192.168.1.9", "fd00:1::1"), wishes);
        Assert.Equal("192.168.1.9, fd00:1::1", now.Addresses.ToString());
        Assert.Equal("203.0.113.9, fd00:1::1", now.PublicAddresses.ToString());
    }

    [Fact]
    public void Follow_AddressLost_KeepsTheLastAndSaysSo()
    {
        var now = Follow(Interface("fd00:1::1"));
        Assert.Equal("192.168.1.1, fd00:1::1", now.Addresses.ToString());
        Assert.Equal("eth0 has lost its address 192.168.1.1", now.Fault);
    }

    [Fact]
    public void Follow_GlobalAddressLostButLinkLocalThere_KeepsTheGlobal()
    {
        var now = Follow(Interface("192.168.1.1", "fe80::1"));
        Assert.Equal("192.168.1.1, fd00:1::1", now.Addresses.ToString());
        Assert.Equal("eth0 has lost its address fd00:1::1", now.Fault);
    }

    [Fact]
    public void Follow_BothLost_NamesBoth() => Assert.Equal("eth0 has lost its address 192.168.1.1 and fd00:1::1", Follow(Interface()).Fault);

    [Fact]
    public void Follow_DeprecatedAddress_GivesWayToAnother()
    {
        HostAddress[] addresses = [new(InetAddress.Parse("192.168.1.1"), AddressFlags.Deprecated), new(InetAddress.Parse("192.168.1.5")), new(InetAddress.Parse("fd00:1::1"))];
        Assert.Equal("192.168.1.5, fd00:1::1", Follow(Interface() with { Addresses = addresses }).Addresses.ToString());
    }

    [Fact]
    public void Follow_Down_KeepsWhatWasOnLinkAndSaysSo()
    {
        var now = Follow(Interface("192.168.1.1", "fd00:1::1") with { IsUp = false }, onLink: []);
        Assert.Equal("eth0 is down", now.Fault);
        Assert.Equal(_onLink, now.OnLinkPrefixes);
    }

    [Fact]
    public void Follow_Gone_KeepsEverythingAndSaysSo()
    {
        var now = Follow(null, onLink: []);
        Assert.Equal("eth0 is gone", now.Fault);
        Assert.Equal("192.168.1.1, fd00:1::1", now.Addresses.ToString());
        Assert.Equal(_onLink, now.OnLinkPrefixes);
    }

    [Fact]
    public void Follow_OtherPrefixes_AreTaken() =>
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8")], Follow(Interface("192.168.1.1", "fd00:1::1"), onLink: [IPNetwork.Parse("10.0.0.0/8")]).OnLinkPrefixes);

    private static HostInterface Interface(params string[] addresses) =>
        new(2, "eth0", 1500, IsUp: true, IsLoopback: false, [.. addresses.Select(address => new HostAddress(InetAddress.Parse(address)))]);

    private static Core.Backends.Underlay Begin(UnderlaySelection? wishes = null) => new UnderlayFollower(wishes ?? new(), AddressFamilies.Dual).Begin(
        new UnderlayChoice(Interface("192.168.1.1", "fd00:1::1"), InetAddress.Parse("192.168.1.1"), InetAddress.Parse("fd00:1::1"), "test"), _onLink);

    private static Core.Backends.Underlay Follow(HostInterface? now, UnderlaySelection? wishes = null, IPNetwork[]? onLink = null) =>
        new UnderlayFollower(wishes ?? new(), AddressFamilies.Dual).Follow(Begin(wishes), now, onLink ?? _onLink);
}
