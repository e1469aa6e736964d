using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>Every kind of request, sent to the real kernel and read back from it.</summary>
[Trait("Needs", "root")]
public sealed class KernelRoundTripTests : IDisposable
{
    private static readonly MacAddress _mac = MacAddress.Read([0x02, 0, 0, 0, 0, 0x17]);

    private readonly NetworkNamespace _namespace;
    private readonly RouteNetlink _route;

    public KernelRoundTripTests()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        _namespace = NetworkNamespace.Create();
        _route = _namespace.Run(() => new RouteNetlink());
    }

    [Fact]
    public void ListLinks_FreshNamespace_GivesOnlyLoopback()
    {
        var link = Assert.Single(_route.ListLinks());

        Assert.Equal("lo", link.Name);
        Assert.True(link.Flags.HasFlag(LinkFlags.Loopback));
        Assert.False(link.IsUp);
    }

    [Fact]
    public void CreateVxlan_AllOfFlannelsSettings_ReadsBack()
    {
        var under = CreateBridge("under0");
        _route.Execute(batch => batch.CreateVxlan(
            new LinkSettings { Name = "flannel.1", Mac = _mac, Mtu = 1450, IsUp = true },
            new VxlanSettings { Vni = 1, Underlay = under, Local = InetAddress.Parse("10.0.0.1"), Port = 8472, Learning = false, GroupPolicy = true, TimeToLive = 7, TypeOfService = 1 }));

        var link = _route.FindLink("flannel.1");

        Assert.NotNull(link);
        Assert.Equal(("vxlan", _mac, 1450, true), (link.Kind, link.Mac, link.Mtu, link.IsUp));
        var vxlan = link.Vxlan!.Value;
        Assert.Equal((1, under, InetAddress.Parse("10.0.0.1"), 8472), (vxlan.Vni, vxlan.Underlay, vxlan.Local, vxlan.Port));
        Assert.Equal((false, true, (byte)7, (byte)1), (vxlan.Learning, vxlan.GroupPolicy, vxlan.TimeToLive, vxlan.TypeOfService));
    }

    [Fact]
    public void PeerEntries_OfFlannel_ReadBack()
    {
        var under = CreateBridge("under0");
        _route.Execute(batch =>
        {
            batch.ReplaceAddress(under, InetPrefix.Parse("192.0.2.1/24"));
            batch.CreateVxlan(new LinkSettings { Name = "flannel.1", Mac = _mac, IsUp = true }, new VxlanSettings { Vni = 1, Underlay = under, Local = InetAddress.Parse("192.0.2.1"), Learning = false });
        });
        var vxlan = _route.FindLink("flannel.1")!.Index;
        var peer = MacAddress.Read([0x02, 0, 0, 0, 0, 0x18]);
        _route.Execute(batch =>
        {
            batch.ReplaceAddress(vxlan, InetPrefix.Parse("10.244.1.0/32"));
            batch.ReplaceNeighbour(vxlan, InetAddress.Parse("10.244.2.0"), peer);
            batch.ReplaceForwarding(vxlan, peer, InetAddress.Parse("192.0.2.2"));
            batch.ReplaceRoute(new RouteMessage
            {
                Destination = InetPrefix.Parse("10.244.2.0/24"),
                Gateway = InetAddress.Parse("10.244.2.0"),
                Link = vxlan,
                IsOnLink = true,
                Protocol = 111,
                Metric = 5,
                Mtu = 1300,
            });
        });

        Assert.Contains(_route.ListAddresses(vxlan), address => address.Address == InetPrefix.Parse("10.244.1.0/32"));
        var neighbour = Assert.Single(_route.ListNeighbours(vxlan), n => n.Address == InetAddress.Parse("10.244.2.0"));
        Assert.Equal((peer, NeighbourStates.Permanent), (neighbour.Mac, neighbour.State));
        var entry = Assert.Single(_route.ListForwarding(vxlan), e => e.Mac == peer);
        Assert.Equal((InetAddress.Parse("192.0.2.2"), true), (entry.Remote, entry.IsOwn));
        var route = Assert.Single(_route.ListRoutes(protocol: 111));
        Assert.Equal((InetPrefix.Parse("10.244.2.0/24"), InetAddress.Parse("10.244.2.0"), vxlan, true), (route.Destination, route.Gateway, route.Link, route.IsOnLink));
        Assert.Equal((5u, 1300, RouteMessage.MainTable), (route.Metric, route.Mtu, route.Table));
    }

    public void Dispose()
    {
        _route.Dispose();
        _namespace.Dispose();
    }

    private int CreateBridge(string name)
    {
        _route.Execute(batch => batch.CreateBridge(new LinkSettings { Name = name, IsUp = true }));
        return _route.FindLink(name)!.Index;
    }
}
