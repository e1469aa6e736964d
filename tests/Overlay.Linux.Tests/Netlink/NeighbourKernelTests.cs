using System.Net.Sockets;
using Overlay.Linux.Netlink.Ethtool;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>Neighbours, forwarding entries and features, sent to the real kernel and read back from it.</summary>
[Trait("Needs", "root")]
public sealed class NeighbourKernelTests : KernelFixture
{
    [Theory]
    [InlineData("10.244.2.0")]
    [InlineData("2001:db8:2::")]
    public void Neighbour_Permanent_ReadsBackChangesAndGoes(string text)
    {
        var (link, address) = (CreateVxlan(), Ip(text));
        Route.Execute(batch => batch.ReplaceNeighbour(link, address, Mac(1)));
        Route.Execute(batch => batch.ReplaceNeighbour(link, address, Mac(2)));

        var neighbour = Assert.Single(Route.ListNeighbours(link, address.Family), n => n.Address == address);
        Assert.Equal((Mac(2), NeighbourStates.Permanent), (neighbour.Mac, neighbour.State));

        Route.Execute(batch => batch.DeleteNeighbour(link, address));
        Assert.DoesNotContain(Route.ListNeighbours(link), n => n.Address == address && n.State == NeighbourStates.Permanent);
    }

    [Fact]
    public void ListNeighbours_OfOneLink_LeavesOthersOut()
    {
        var (first, second) = (CreateBridge("under0", "192.0.2.1/24"), CreateBridge("under1", "198.51.100.1/24"));
        Route.Execute(batch =>
        {
            batch.ReplaceNeighbour(first, Ip("192.0.2.9"), Mac(1));
            batch.ReplaceNeighbour(second, Ip("198.51.100.9"), Mac(1));
        });

        var neighbours = Route.ListNeighbours(second, AddressFamily.InterNetwork);

        // The kernel adds multicast ones of its own (224.0.0.22), sooner or later.
        Assert.Equal(Ip("198.51.100.9"), Assert.Single(neighbours, entry => entry.State == NeighbourStates.Permanent).Address);
        Assert.All(neighbours, entry => Assert.Equal(second, entry.Link));
    }

    [Theory]
    [InlineData("192.0.2.2", "192.0.2.3")]
    [InlineData("2001:db8::2", "2001:db8::3")]
    public void Forwarding_OfVxlan_ReadsBackChangesAndGoes(string first, string second)
    {
        Route.Execute(batch => batch.CreateVxlan(
            new LinkSettings { Name = "vx0", IsUp = true },
            new VxlanSettings { Vni = 1, Learning = false, Local = Ip(first.Contains(':', StringComparison.Ordinal) ? "2001:db8::1" : "192.0.2.1") }));
        var link = Route.FindLink("vx0")!.Index;
        Route.Execute(batch => batch.ReplaceForwarding(link, Mac(1), Ip(first)));
        Route.Execute(batch => batch.ReplaceForwarding(link, Mac(1), Ip(second)));

        var entry = Assert.Single(Route.ListForwarding(link), e => e.Mac == Mac(1));
        Assert.Equal((Ip(second), true, NeighbourStates.Permanent), (entry.Remote, entry.IsOwn, entry.State));

        Route.Execute(batch => batch.DeleteForwarding(link, Mac(1)));
        Assert.DoesNotContain(Route.ListForwarding(link), e => e.Mac == Mac(1));
    }

    [Fact]
    public void AppendForwarding_ZeroAddress_MakesAList()
    {
        var link = CreateVxlan();
        Route.Execute(batch =>
        {
            batch.AppendForwarding(link, default, Ip("192.0.2.2"));
            batch.AppendForwarding(link, default, Ip("192.0.2.3"));
            batch.AppendForwarding(link, default, Ip("192.0.2.4"));
            batch.DeleteForwarding(link, default, Ip("192.0.2.3"));
        });

        Assert.Equal([Ip("192.0.2.2"), Ip("192.0.2.4")], Route.ListForwarding(link).Where(e => e.Mac.IsZero).Select(e => e.Remote).Order());
    }

    [Fact]
    public void ListForwarding_OfOneLink_LeavesBridgesOut()
    {
        CreateBridge();
        var link = CreateVxlan();
        Route.Execute(batch => batch.ReplaceForwarding(link, Mac(1), Ip("192.0.2.2")));

        Assert.All(Route.ListForwarding(link), entry => Assert.Equal(link, entry.Link));
        Assert.Contains(Route.ListForwarding(), entry => entry.Link != link);
    }

    [Fact]
    public void LinkFeatures_TransmitChecksum_SwitchesOffAndOn()
    {
        CreateVxlan();
        using var features = Namespace.Run(() => new LinkFeatures());
        Assert.True(features.IsOn("flannel.1", LinkFeatures.TransmitChecksum));

        Assert.True(features.Set("flannel.1", LinkFeatures.TransmitChecksum, false));
        Assert.False(features.IsOn("flannel.1", LinkFeatures.TransmitChecksum));

        Assert.True(features.Set("flannel.1", LinkFeatures.TransmitChecksum, true));
        Assert.True(features.IsOn("flannel.1", LinkFeatures.TransmitChecksum));
    }

    [Theory]
    [InlineData("absent", LinkFeatures.TransmitChecksum, "ethtool get tx-checksum-ip-generic of absent: No such device")]
    [InlineData("a-name-that-is-too-long", LinkFeatures.TransmitChecksum, "ethtool get tx-checksum-ip-generic of a-name-that-is-too-long: No such device")]
    [InlineData("lo", "no-such-feature", "ethtool get no-such-feature of lo: Operation not supported")]
    public void LinkFeatures_Unknown_SaysWhat(string link, string feature, string message)
    {
        using var features = Namespace.Run(() => new LinkFeatures());

        Assert.Equal(message, Assert.Throws<EthtoolException>(() => features.IsOn(link, feature)).Message);
    }

    [Fact]
    public void LinkFeatures_FixedFeature_IsRefused()
    {
        using var features = Namespace.Run(() => new LinkFeatures());

        Assert.Equal("ethtool set loopback of lo: Operation not supported", Assert.Throws<EthtoolException>(() => features.Set("lo", "loopback", false)).Message);
    }
}
