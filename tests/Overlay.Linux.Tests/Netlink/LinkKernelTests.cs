using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Processes;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>Links, sent to the real kernel and read back from it.</summary>
[Trait("Needs", "root")]
public sealed class LinkKernelTests : KernelFixture
{
    private const int EEXIST = 17;

    [Fact]
    public void ListLinks_FreshNamespace_GivesOnlyLoopback()
    {
        var link = Assert.Single(Route.ListLinks());

        Assert.Equal(("lo", 1, false), (link.Name, link.Index, link.IsUp));
        Assert.True(link.Flags.HasFlag(LinkFlags.Loopback));
    }

    [Fact]
    public void CreateVxlan_EverySetting_ReadsBack()
    {
        var under = CreateBridge();
        var wanted = new VxlanSettings
        {
            Vni = 0xFF_FFFF,
            Underlay = under,
            Local = Ip("10.0.0.1"),
            DefaultRemote = Ip("10.0.0.9"),
            Port = 8472,
            SourcePorts = (20_000, 30_000),
            TimeToLive = 7,
            TypeOfService = 1,
            Learning = false,
            Ageing = 17,
            Limit = 5,
            Proxy = true,
            RouteShortCircuit = true,
            AnnounceMacMiss = true,
            AnnounceAddressMiss = true,
            UdpChecksum = false,
            ZeroChecksum6Transmit = true,
            ZeroChecksum6Receive = true,
            CollectMetadata = false,
            GroupPolicy = true,
        };
        Route.Execute(batch => batch.CreateVxlan(new LinkSettings { Name = "flannel.1", Mac = Mac(0x17), Mtu = 1450, IsUp = true }, wanted));

        var link = Assert.Single(Route.ListLinks("vxlan"));

        Assert.Equal(("flannel.1", "vxlan", Mac(0x17), 1450, true, under), (link.Name, link.Kind, link.Mac, link.Mtu, link.IsUp, link.Vxlan!.Value.Underlay));
        Assert.Equal(wanted, link.Vxlan);
    }

    [Fact]
    public void CreateVxlan_IPv6AndKernelsDefaults_ReadBack()
    {
        Route.Execute(batch => batch.CreateVxlan(new LinkSettings { Name = "flannel-v6.1" }, new VxlanSettings { Vni = 1, Local = Ip("2001:db8::1") }));

        var vxlan = Route.FindLink("flannel-v6.1")!.Vxlan!.Value;

        Assert.Equal((Ip("2001:db8::1"), 8472, true, false, true), (vxlan.Local, vxlan.Port, vxlan.Learning, vxlan.GroupPolicy, vxlan.UdpChecksum));
    }

    [Fact]
    public void CreateVxlan_ForeignLinkHasTheNetworkIdentifier_SaysSo()
    {
        CreateVxlan();

        var exception = Assert.Throws<NetlinkException>(() =>
            Route.Execute(batch => batch.CreateVxlan(new LinkSettings { Name = "other" }, new VxlanSettings { Vni = 1, Port = 8472 })));

        Assert.Equal((EEXIST, "A VXLAN device with the specified VNI already exists"), (exception.Errno, exception.KernelMessage));
        Assert.Equal("netlink new link: File exists: A VXLAN device with the specified VNI already exists", exception.Message);
    }

    [Theory]
    [InlineData(0x100_0000, 8472)]
    [InlineData(-1, 8472)]
    [InlineData(1, 65_536)]
    public void CreateVxlan_NumberTooLarge_RefusesBeforeItWrites(int vni, int port)
    {
        using var batch = new NetlinkBatch();

        Assert.Throws<ArgumentOutOfRangeException>(() => batch.CreateVxlan(new LinkSettings { Name = "x" }, new VxlanSettings { Vni = vni, Port = port }));
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void ChangeVxlan_InPlace_KeepsTheLink()
    {
        var (first, second) = (CreateBridge("under0"), CreateBridge("under1"));
        var index = CreateVxlan(underlay: first);

        Route.Execute(batch => batch.ChangeVxlan(index, new VxlanSettings { Vni = 99, Underlay = second, Local = Ip("10.0.0.2"), Learning = true }));

        var link = Route.FindLink("flannel.1")!;
        Assert.Equal((index, 1, second, Ip("10.0.0.2"), true), (link.Index, link.Vxlan!.Value.Vni, link.Vxlan.Value.Underlay, link.Vxlan.Value.Local, link.Vxlan.Value.Learning));
    }

    [Fact]
    public void ChangeLink_EverySetting_ReadsBack()
    {
        var bridge = CreateBridge();
        Route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = "a" }, new LinkSettings { Name = "b" }));
        var index = Route.FindLink("a")!.Index;

        Route.Execute(batch => batch.ChangeLink(index, new LinkSettings
        {
            Name = "renamed",
            Mac = Mac(0x55),
            Mtu = 1234,
            Master = bridge,
            TransmitQueueLength = 77,
            Alias = "what it is for",
            IsUp = true,
        }));

        var link = Route.FindLink(index)!;
        Assert.Equal(("renamed", Mac(0x55), 1234, bridge), (link.Name, link.Mac, link.Mtu, link.Master));
        Assert.Equal((77, "what it is for", true), (link.TransmitQueueLength, link.Alias, link.IsUp));

        Route.Execute(batch => batch.ChangeLink(index, new LinkSettings { Master = 0, IsUp = false, Alias = "" }));
        link = Route.FindLink(index)!;
        Assert.Equal((0, false, ""), (link.Master, link.IsUp, link.Alias));
    }

    [Fact]
    public void CreateVeth_PeerInOtherNamespace_IsThere()
    {
        using var other = NetworkNamespace.Create();
        Route.Execute(batch => batch.CreateVeth(
            new LinkSettings { Name = "inside", IsUp = true },
            new LinkSettings { Name = "eth0", Mac = Mac(0x42), Mtu = 1400, Namespace = other.Handle }));

        var outside = other.Run(() =>
        {
            using var route = new RouteNetlink();
            return route.FindLink("eth0")!;
        });
        var inside = Route.FindLink("inside")!;

        Assert.Equal((Mac(0x42), 1400, "veth", true), (outside.Mac, outside.Mtu, outside.Kind, outside.IsLowerElsewhere));
        Assert.Equal((outside.Index, true), (inside.Lower, inside.IsLowerElsewhere));
        Assert.Null(Route.FindLink("eth0"));
    }

    [Fact]
    public void CreateVeth_PeerUp_IsRefusedAtOnce()
    {
        using var batch = new NetlinkBatch();

        Assert.Throws<ArgumentException>(() => batch.CreateVeth(new LinkSettings { Name = "a" }, new LinkSettings { Name = "b", IsUp = true }));
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void ChangeLink_ClosedNamespace_IsRefusedBeforeItWrites()
    {
        using var batch = new NetlinkBatch();
        var closed = NetworkNamespace.Create();
        closed.Dispose();

        Assert.Throws<ObjectDisposedException>(() => batch.ChangeLink(1, new LinkSettings { Namespace = closed.Handle }));
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void Execute_WithinExecute_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => Route.Execute(_ => Route.Execute(batch => batch.DeleteLink(1))));

    [Fact]
    public void ChangeLink_MovedByDescriptor_KeepsNameAddressAndMtuAndGoesDown()
    {
        using var other = NetworkNamespace.Create();
        Route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = "a", Mac = Mac(1), Mtu = 1300 }, new LinkSettings { Name = "b" }));
        var index = Route.FindLink("a")!.Index;
        Route.Execute(batch =>
        {
            batch.ReplaceAddress(index, Prefix("10.0.0.1/24"));
            batch.ChangeLink(index, new LinkSettings { IsUp = true });
            batch.ChangeLink(index, new LinkSettings { Namespace = other.Handle });
        });

        other.Run(() =>
        {
            using var route = new RouteNetlink();
            var link = route.FindLink("a")!;
            Assert.Equal((Mac(1), 1300, false), (link.Mac, link.Mtu, link.IsUp));
            Assert.Empty(route.ListAddresses(link.Index));
        });
        Assert.Null(Route.FindLink("a"));
    }

    [Fact]
    public async Task ChangeLink_MovedByProcess_IsInItsNamespace()
    {
        await using var process = ChildProcess.Start(null, "unshare", ["--net", "sh", "-c", "echo ready; exec sleep 60"]);
        await process.WaitForLineAsync("ready", TimeSpan.FromSeconds(10));
        Route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = "a" }, new LinkSettings { Name = "b" }));

        Route.Execute(batch => batch.ChangeLink(Route.FindLink("a")!.Index, new LinkSettings { NamespaceOfProcess = process.Id }));

        using var other = NetworkNamespace.OpenProcess(process.Id);
        Assert.Equal("a", other.Run(() =>
        {
            using var route = new RouteNetlink();
            return route.FindLink("a")!.Name;
        }));
    }

    [Fact]
    public void DeleteLink_ByNameAndIndex_TakesBothEnds()
    {
        Route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = "a" }, new LinkSettings { Name = "b" }));
        Route.Execute(batch => batch.DeleteLink("a"));
        var bridge = CreateBridge();
        Route.Execute(batch => batch.DeleteLink(bridge));

        Assert.Equal("lo", Assert.Single(Route.ListLinks()).Name);
    }

    [Fact]
    public void FindLink_NoSuchLink_GivesNull()
    {
        Assert.Null(Route.FindLink("absent"));
        Assert.Null(Route.FindLink(4711));
        Assert.Empty(Route.ListLinks("vxlan"));
    }

    [Fact]
    public void CreateLink_UnknownKind_SaysSo()
    {
        var exception = Assert.Throws<NetlinkException>(() => Route.Execute(batch => batch.CreateLink("no-such-kind", new LinkSettings { Name = "x" })));

        Assert.Equal("netlink new link: Operation not supported: Unknown device type", exception.Message);
    }

    [Fact]
    public void ChangePort_InTheBatchThatMakesTheLink_ReadsBack()
    {
        var bridge = CreateBridge();
        Route.Execute(batch =>
        {
            batch.CreateVeth(new LinkSettings { Name = "port", Master = bridge }, new LinkSettings { Name = "peer" });
            batch.ChangePort("port", new BridgePortSettings { Hairpin = true, IsIsolated = true }, new LinkSettings { IsUp = true, Alias = "whose" });
        });

        var link = Route.FindLink("port")!;

        Assert.Equal((true, "whose"), (link.IsUp, link.Alias));
        Assert.Equal((true, true), (link.Port!.Value.Hairpin, link.Port.Value.IsIsolated));
        Assert.Null(Route.FindLink("peer")!.Port);
    }

    [Fact]
    public void ChangeLink_Promiscuous_LeavesTheRest()
    {
        var bridge = CreateBridge();

        Route.Execute(batch => batch.ChangeLink(bridge, new LinkSettings { IsPromiscuous = true }));

        var link = Route.FindLink(bridge)!;
        Assert.True(link.IsUp && link.Flags.HasFlag(LinkFlags.Promiscuous));
    }

    [Fact]
    public void RedirectIncoming_WithALimit_IsWhatTcShows()
    {
        Route.Execute(batch =>
        {
            batch.CreateVeth(new LinkSettings { Name = "va" }, new LinkSettings { Name = "vb" });
            batch.CreateLink("ifb", new LinkSettings { Name = "slow" });
        });
        var (from, to) = (Route.FindLink("va")!.Index, Route.FindLink("slow")!.Index);

        Route.Execute(batch =>
        {
            batch.LimitRate(to, rate: 5_000_000_000, burst: 100_000, limit: 1_000_000);
            batch.RedirectIncoming(from, to);
        });

        // tc shows the burst in whole microseconds of the rate, so the burst itself is no text to compare.
        Assert.Contains("rate 40Gbit burst ", Namespace.Run(() => Output("tc", "qdisc", "show", "dev", "slow")), StringComparison.Ordinal);
        Assert.Contains("Egress Redirect to device slow", Namespace.Run(() => Output("tc", "filter", "show", "dev", "va", "ingress")), StringComparison.Ordinal);
    }

    private static string Output(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd();
    }
}
