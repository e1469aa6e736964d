using System.Net.Sockets;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>Addresses and routes, sent to the real kernel and read back from it.</summary>
[Trait("Needs", "root")]
public sealed class RouteKernelTests : KernelFixture
{
    [Fact]
    public void Addresses_OfBothFamilies_ReadBackAndGo()
    {
        var link = CreateBridge("under0", "192.0.2.1/24", "2001:db8::1/64");

        var addresses = Route.ListAddresses(link).Where(address => address.Scope == 0).ToList();
        Assert.Equal([Prefix("192.0.2.1/24"), Prefix("2001:db8::1/64")], addresses.Select(address => address.Address));
        Assert.True(addresses[1].Flags.HasFlag(AddressFlags.NoDuplicateDetection));
        Assert.False(addresses[1].Flags.HasFlag(AddressFlags.Tentative));
        Assert.Equal(Prefix("192.0.2.1/24"), Assert.Single(Route.ListAddresses(link, AddressFamily.InterNetwork)).Address);

        Route.Execute(batch =>
        {
            batch.DeleteAddress(link, Prefix("192.0.2.1/24"));
            batch.DeleteAddress(link, Prefix("2001:db8::1/64"));
        });
        Assert.DoesNotContain(Route.ListAddresses(link), address => address.Scope == 0);
    }

    [Fact]
    public void ReplaceAddress_FlagBeyondTheHeader_ReadsBack()
    {
        var link = CreateBridge();
        Route.Execute(batch => batch.ReplaceAddress(link, Prefix("192.0.2.1/24"), AddressFlags.NoPrefixRoute));

        Assert.True(Assert.Single(Route.ListAddresses(link, AddressFamily.InterNetwork)).Flags.HasFlag(AddressFlags.NoPrefixRoute));
        Assert.Empty(Route.ListRoutes(table: RouteMessage.MainTable, link: link, family: AddressFamily.InterNetwork));
    }

    [Fact]
    public void ListAddresses_NoSuchLink_GivesNone() => Assert.Empty(Route.ListAddresses(4711));

    [Theory]
    [InlineData("10.244.2.0/24", "10.244.2.0")]
    [InlineData("2001:db8:2::/64", "2001:db8:2::")]
    public void ReplaceRoute_OnlinkWithEverything_ReadsBack(string destination, string gateway)
    {
        var link = CreateBridge("under0", "192.0.2.1/24", "2001:db8::1/64");
        var route = new RouteMessage
        {
            Destination = Prefix(destination),
            Gateway = Ip(gateway),
            Link = link,
            IsOnLink = true,
            Protocol = 111,
            Metric = 5,
            Mtu = 1300,
            Scope = 0,
        };
        Route.Execute(batch => batch.ReplaceRoute(route));

        Assert.Equal([route], Route.ListRoutes(protocol: 111));

        var moved = route with { Gateway = Ip(gateway == "10.244.2.0" ? "10.244.2.9" : "2001:db8:2::9"), Mtu = 0 };
        Route.Execute(batch => batch.ReplaceRoute(moved));
        Assert.Equal([moved], Route.ListRoutes(protocol: 111));

        Route.Execute(batch => batch.DeleteRoute(new RouteMessage { Destination = route.Destination, Metric = 5 }));
        Assert.Empty(Route.ListRoutes(protocol: 111));
    }

    [Theory]
    [InlineData(RouteType.Blackhole)]
    [InlineData(RouteType.Unreachable)]
    public void CreateRoute_TypeWithoutLink_ReadsBackAndExistsOnce(RouteType type)
    {
        foreach (var destination in new[] { "10.245.0.0/16", "2001:db8:ff::/48" })
        {
            var route = new RouteMessage { Destination = Prefix(destination), Type = type, Protocol = 111, Table = 1000, Metric = 9 };
            Route.Execute(batch => batch.CreateRoute(route));

            var read = Assert.Single(Route.ListRoutes(table: 1000, family: route.Destination.Address.Family));
            Assert.Equal((route.Destination, type, 1000u, 9u), (read.Destination, read.Type, read.Table, read.Metric));
            Assert.Equal(17, Assert.Throws<NetlinkException>(() => Route.Execute(batch => batch.CreateRoute(route))).Errno);
            Route.Execute(batch => batch.DeleteRoute(route));
            Assert.Empty(Route.ListRoutes(table: 1000));
        }
    }

    [Fact]
    public void AppendRoute_SameKey_StandsBehind()
    {
        var link = CreateBridge("under0", "192.0.2.1/24");
        var route = new RouteMessage { Destination = Prefix("10.1.0.0/16"), Gateway = Ip("192.0.2.2"), Link = link, Protocol = 111 };
        Route.Execute(batch =>
        {
            batch.CreateRoute(route);
            batch.AppendRoute(route with { Gateway = Ip("192.0.2.3") });
        });

        Assert.Equal([Ip("192.0.2.2"), Ip("192.0.2.3")], Route.ListRoutes(protocol: 111).Select(read => read.Gateway));
    }

    [Fact]
    public void ListRoutes_Filters_GiveOnlyWhatTheyName()
    {
        var first = CreateBridge("under0", "192.0.2.1/24");
        var second = CreateBridge("under1", "198.51.100.1/24");
        Route.Execute(batch =>
        {
            batch.CreateRoute(new RouteMessage { Destination = Prefix("10.1.0.0/16"), Gateway = Ip("192.0.2.2"), Protocol = 111 });
            batch.CreateRoute(new RouteMessage { Destination = Prefix("10.2.0.0/16"), Link = second, Protocol = 111, Table = 77 });
            batch.CreateRoute(new RouteMessage { Destination = Prefix("0.0.0.0/0"), Gateway = Ip("198.51.100.2"), Protocol = 3 });
        });

        Assert.Equal(first, Assert.Single(Route.ListRoutes(link: first, table: RouteMessage.MainTable, protocol: 111)).Link);
        Assert.Equal((Prefix("10.2.0.0/16"), (byte)253), Assert.Single(Route.ListRoutes(table: 77).Select(route => (route.Destination, route.Scope!.Value))));
        Assert.Contains(Route.ListRoutes(AddressFamily.InterNetwork), route => route.Destination == Prefix("0.0.0.0/0"));
        Assert.Empty(Route.ListRoutes(table: 4711, family: AddressFamily.InterNetwork));
        Assert.Empty(Route.ListRoutes(link: 4711));
    }

    [Fact]
    public void GetRoute_KnownAndUnknown_AnswersOrThrows()
    {
        var link = CreateBridge("under0", "192.0.2.1/24", "2001:db8::1/64");

        Assert.Equal((link, true), (Route.GetRoute(Ip("192.0.2.7")).Link, Route.GetRoute(Ip("192.0.2.7")).Gateway.IsNone));
        Assert.Equal(link, Route.GetRoute(Ip("2001:db8::7")).Link);
        Assert.Equal("netlink get route: Network is unreachable", Assert.Throws<NetlinkException>(() => Route.GetRoute(Ip("203.0.113.1"))).Message);
    }

    [Fact]
    public void CreateRoute_GatewayOffLink_GivesTheKernelsWords()
    {
        CreateBridge("under0", "192.0.2.1/24");

        var exception = Assert.Throws<NetlinkException>(() =>
            Route.Execute(batch => batch.CreateRoute(new RouteMessage { Destination = Prefix("10.9.0.0/24"), Gateway = Ip("203.0.113.1") })));

        Assert.Equal("netlink new route: Network is unreachable: Nexthop has invalid gateway", exception.Message);
    }
}
