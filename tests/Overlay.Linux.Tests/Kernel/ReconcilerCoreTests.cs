using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;
using Xunit;

namespace Overlay.Linux.Tests.Kernel;

public class ReconcilerCoreTests
{
    private static readonly ScopeClaim _direct = new("host-gw", [], KernelHost.Claim.Network);

    [Fact]
    public void Run_FreshKernel_AddsInOrderOfDependency()
    {
        using var fixture = new CoreFixture();
        fixture.OpenWith(peers: 1);

        Assert.Equal(
            [
                "add link flannel.1 address 02:00:00:00:00:01 mtu 1450 up type vxlan id 1 local 192.0.2.1 dev eth0 dstport 8472 nolearning",
                "add address 10.0.0.0/32 dev flannel.1",
                "add neighbour 10.0.1.0 lladdr 02:00:01:00:00:01 dev flannel.1 permanent",
                "add fdb 02:00:01:00:00:01 dst 192.0.3.1 dev flannel.1 self permanent",
                "add route 10.0.1.0/24 via 10.0.1.0 dev flannel.1 onlink",
            ],
            fixture.Kernel.Sent);
    }

    [Fact]
    public void Run_AllWithdrawn_RemovesInReverseOrder()
    {
        using var fixture = new CoreFixture();
        var scope = fixture.OpenWith(peers: 1);
        fixture.Kernel.Sent.Clear();

        fixture.Core.Ledger.RetainOnly(scope, new HashSet<string>());
        fixture.Core.Run();

        Assert.Equal(["route", "fdb", "neighbour", "address", "link"], fixture.Kernel.Sent.Select(line => line.Split(' ')[1]));
        Assert.Empty(fixture.Kernel.Entries);
    }

    [Fact]
    public void Run_SecondReconcilerOnTheSameKernel_SendsNothing()
    {
        using var fixture = new CoreFixture();
        fixture.OpenWith(peers: 10);
        fixture.Kernel.Sent.Clear();
        using var second = new CoreFixture(fixture.Kernel);

        var scope = second.OpenWith(peers: 10);

        Assert.Empty(fixture.Kernel.Sent);
        Assert.Equal((32, 0), (scope.Status.Entries, scope.Status.Pending));
    }

    [Fact]
    public void Run_LeftoversInsideClaim_AreRemovedOnlyAfterRetainOnly()
    {
        using var fixture = new CoreFixture();
        fixture.OpenWith(peers: 3);
        using var second = new CoreFixture(fixture.Kernel);
        fixture.Kernel.Sent.Clear();

        var scope = second.Open();
        second.Want(scope, "own", KernelHost.Own);
        second.Want(scope, "peer1", KernelHost.Peer(1));
        second.Core.Run();
        Assert.Empty(fixture.Kernel.Sent);

        second.Complete(scope);
        second.Core.Run();
        Assert.Equal(6, fixture.Kernel.Sent.Count);
        Assert.All(fixture.Kernel.Sent, line => Assert.StartsWith("remove ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Run_ForeignEntriesOutsideClaims_AreLeftAlone()
    {
        using var fixture = new CoreFixture();
        KernelEntry[] foreign =
        [
            new RouteEntry { Destination = InetPrefix.Parse("10.0.9.0/24"), Device = "eth0", Protocol = RouteProtocols.Boot },
            new RouteEntry { Destination = InetPrefix.Parse("172.16.0.0/24"), Device = "eth0" },
            new NeighbourEntry("eth0", InetAddress.Parse("10.0.1.0"), KernelHost.MacOf(1)),
            new AddressEntry("eth0", InetPrefix.Parse("10.0.0.7/32")),
        ];
        Array.ForEach(foreign, entry => fixture.Kernel.PutForeign(entry));

        fixture.OpenWith(peers: 3);

        Assert.Superset(foreign.ToHashSet(), fixture.Kernel.Entries.ToHashSet());
    }

    [Fact]
    public void Run_PeerMovesToAnotherScope_IsOneReplacedRoute()
    {
        using var fixture = new CoreFixture();
        var vxlan = fixture.OpenWith(peers: 2);
        var direct = fixture.Open(_direct);
        fixture.Complete(direct);
        fixture.Core.Run();
        fixture.Kernel.Sent.Clear();

        fixture.Want(vxlan, "peer1", []);
        fixture.Want(direct, "peer1", [new RouteEntry { Destination = InetPrefix.Parse("10.0.1.0/24"), Gateway = InetAddress.Parse("192.0.2.9"), Device = "eth0" }]);
        fixture.Core.Run();

        Assert.Equal(
            [
                "replace route 10.0.1.0/24 via 10.0.1.0 dev flannel.1 onlink with route 10.0.1.0/24 via 192.0.2.9 dev eth0",
                "remove fdb 02:00:01:00:00:01 dst 192.0.3.1 dev flannel.1 self permanent",
                "remove neighbour 10.0.1.0 lladdr 02:00:01:00:00:01 dev flannel.1 permanent",
            ],
            fixture.Kernel.Sent);
        Assert.Equal((5, 1), (vxlan.Status.Entries, direct.Status.Entries));
    }

    [Fact]
    public void Run_PeerChangesMacAndAddress_LeavesNothingStale()
    {
        using var fixture = new CoreFixture();
        var scope = fixture.OpenWith(peers: 2);
        fixture.Kernel.Sent.Clear();

        fixture.Want(scope, "peer1", KernelHost.Peer(1, macShift: 1, addressShift: 1));
        fixture.Core.Run();

        Assert.Equal(3, fixture.Kernel.Sent.Count);
        Assert.Superset(KernelHost.Peer(1, 1, 1).ToHashSet(), fixture.Kernel.Entries.ToHashSet());
        Assert.Equal(8, fixture.Kernel.Entries.Count());
    }

    [Fact]
    public void Run_SameWishesAgain_SendsNothingAndKeepsOneObject()
    {
        using var fixture = new CoreFixture();
        var scope = fixture.OpenWith(peers: 1);
        var before = scope.Owners["peer1"].Entries;
        fixture.Kernel.Sent.Clear();

        fixture.Want(scope, "peer1", KernelHost.Peer(1));
        fixture.Core.Run();

        Assert.Empty(fixture.Kernel.Sent);
        Assert.All(scope.Owners["peer1"].Entries.Zip(before), pair => Assert.Same(pair.Second, pair.First));
        Assert.Same(before[2], fixture.Core.Ledger.Slots.Find(before[2].Key)!.Observed);
    }

    [Fact]
    public void Run_RefusedEntry_IsTriedAgainAloneMoreAndMoreRarely()
    {
        using var fixture = new CoreFixture();
        var key = KernelHost.Peer(1)[1].Key;
        fixture.Kernel.Refused[key] = "Cannot allocate memory";

        var scope = fixture.OpenWith(peers: 3);
        Assert.Equal((11, 0), (scope.Status.Entries, scope.Status.Pending));
        Assert.Equal("Cannot allocate memory", Assert.Single(scope.Status.Failed).Error);
        Assert.Equal(10, fixture.Kernel.Entries.Count());

        fixture.Kernel.Sent.Clear();
        fixture.Pass(TimeSpan.FromSeconds(60));
        // 0.1, 0.2, 0.4 ... 25.6 seconds apart.
        Assert.InRange(fixture.Kernel.Sent.Count, 8, 10);

        fixture.Kernel.Refused.Clear();
        fixture.Pass(TimeSpan.FromSeconds(31));
        Assert.Empty(scope.Status.Failed);
        Assert.NotNull(fixture.Kernel.At(key));
    }

    [Fact]
    public void Run_KernelShowsSomethingElse_FailsWithoutHotLoop()
    {
        using var fixture = new CoreFixture();
        fixture.Kernel.Bent[KernelHost.Link.Key] = KernelHost.Link with { Mtu = 1400 };

        var scope = fixture.OpenWith(peers: 1);

        Assert.StartsWith("the kernel shows: link flannel.1 address 02:00:00:00:00:01 mtu 1400", Assert.Single(scope.Status.Failed).Error, StringComparison.Ordinal);
        Assert.Equal(5, fixture.Kernel.Sent.Count);
        fixture.Pass(TimeSpan.FromSeconds(1));
        Assert.InRange(fixture.Kernel.Sent.Count, 6, 9);
    }

    [Fact]
    public void Run_DeviceMissing_EntriesWaitAndFollow()
    {
        using var fixture = new CoreFixture();
        fixture.Kernel.RemoveDevice("eth0");

        var scope = fixture.OpenWith(peers: 1);
        Assert.Equal((5, 5), (scope.Status.Entries, scope.Status.Pending));
        Assert.Empty(fixture.Kernel.Sent);
        Assert.Null(fixture.Core.NextDue);

        fixture.Kernel.AddDevice("eth0");
        fixture.Pass(TimeSpan.FromMilliseconds(20));
        Assert.Equal(0, scope.Status.Pending);
        Assert.Empty(fixture.Repairs.GetMeasurementSnapshot());
    }

    [Fact]
    public void Step_DeviceDownAndUp_BringsBackWhatWentSilently()
    {
        using var fixture = new CoreFixture();
        var scope = fixture.OpenWith(peers: 10);

        fixture.Kernel.SetDevice(KernelHost.Device, isUp: false);
        fixture.Pass(TimeSpan.FromMilliseconds(20));

        Assert.Equal(32, fixture.Kernel.Entries.Count());
        Assert.Equal(0, scope.Status.Pending);
        Assert.Equal((1, 10, 10, 0), (fixture.RepairsOf("link"), fixture.RepairsOf("neighbour"), fixture.RepairsOf("route"), fixture.RepairsOf("fdb")));
    }

    [Fact]
    public void Step_LastAddressRemoved_BringsBackRoutesThatWentSilently()
    {
        using var fixture = new CoreFixture();
        fixture.OpenWith(peers: 10);

        fixture.Kernel.RemoveForeign(KernelHost.Own[1].Key);
        fixture.Pass(TimeSpan.FromMilliseconds(20));

        Assert.Equal(32, fixture.Kernel.Entries.Count());
        Assert.Equal((1, 10), (fixture.RepairsOf("address"), fixture.RepairsOf("route")));
    }

    [Fact]
    public void Step_MacChangedByOthers_CountsOnlyTheirDoing()
    {
        using var fixture = new CoreFixture();
        fixture.OpenWith(peers: 10);

        // Their change drops the neighbours, and so does ours that undoes it.
        fixture.Kernel.PutForeign(KernelHost.Link with { Mac = KernelHost.MacOf(7) });
        fixture.Pass(TimeSpan.FromMilliseconds(20));

        Assert.Equal(32, fixture.Kernel.Entries.Count());
        Assert.Equal((1, 10), (fixture.RepairsOf("link"), fixture.RepairsOf("neighbour")));
        Assert.Equal(11, fixture.Core.Repairs.Latest.Count);
    }

    [Fact]
    public void Step_ManyLossesInARow_WaitsForTheEndOfThem()
    {
        using var fixture = new CoreFixture();
        fixture.OpenWith(peers: 10);
        fixture.Kernel.Sent.Clear();

        for (var number = 1; number <= 3; number++)
        {
            fixture.Kernel.RemoveForeign(KernelHost.Peer(number)[2].Key);
            fixture.Core.Step();
            fixture.Clock.Advance(TimeSpan.FromMilliseconds(5));
            Assert.Empty(fixture.Kernel.Sent);
        }

        fixture.Pass(TimeSpan.FromMilliseconds(10));
        Assert.Equal(3, fixture.Kernel.Sent.Count);
    }

    [Fact]
    public void Step_FightOverOneEntry_SlowsDownAloneAndForgets()
    {
        using var fixture = new CoreFixture();
        fixture.OpenWith(peers: 2);
        var fought = KernelHost.Peer(1)[2];
        var other = KernelHost.Peer(2)[2];
        for (var i = 0; i < 200; i++)
        {
            fixture.Kernel.RemoveForeign(fought.Key);
            fixture.Pass(TimeSpan.FromMilliseconds(50));
        }

        Assert.InRange(fixture.RepairsOf("route"), 64, 100);
        fixture.Kernel.RemoveForeign(other.Key);
        fixture.Pass(TimeSpan.FromMilliseconds(15));
        Assert.NotNull(fixture.Kernel.At(other.Key));

        fixture.Pass(TimeSpan.FromSeconds(30));
        Assert.NotNull(fixture.Kernel.At(fought.Key));
        fixture.Pass(TimeSpan.FromMinutes(5));
        fixture.Kernel.RemoveForeign(fought.Key);
        fixture.Pass(TimeSpan.FromMilliseconds(15));
        Assert.NotNull(fixture.Kernel.At(fought.Key));
    }

    [Fact]
    public void Step_OthersKeepAddingWhatIsUnwanted_SlowsDown()
    {
        using var fixture = new CoreFixture();
        fixture.OpenWith(peers: 1);
        fixture.Kernel.Sent.Clear();
        var unwanted = KernelHost.Peer(9)[2];
        for (var i = 0; i < 200; i++)
        {
            fixture.Kernel.PutForeign(unwanted);
            fixture.Pass(TimeSpan.FromMilliseconds(50));
        }

        Assert.InRange(fixture.Kernel.Sent.Count, 64, 100);
        fixture.Pass(TimeSpan.FromMinutes(10));
        Assert.Null(fixture.Kernel.At(unwanted.Key));
        Assert.Equal(5, fixture.Core.Ledger.Slots.Count);
    }

    [Fact]
    public void Step_AnnouncementsLost_DumpsAndRepairs()
    {
        using var fixture = new CoreFixture();
        var scope = fixture.OpenWith(peers: 10);
        var dumps = fixture.Kernel.Dumps;

        fixture.Kernel.RemoveForeign(KernelHost.Peer(3)[2].Key);
        fixture.Kernel.Overrun();
        fixture.Pass(TimeSpan.FromMilliseconds(20));

        Assert.Equal(dumps + 5, fixture.Kernel.Dumps);
        Assert.Equal(32, fixture.Kernel.Entries.Count());
        Assert.Equal(0, scope.Status.Pending);
    }

    [Fact]
    public void Close_OfOneScope_LeavesItsEntriesToNobody()
    {
        using var fixture = new CoreFixture();
        var vxlan = fixture.OpenWith(peers: 2);
        var direct = fixture.Open(_direct);
        fixture.Complete(direct);
        fixture.Core.Run();
        fixture.Kernel.Sent.Clear();

        fixture.Core.Ledger.Close(vxlan);
        fixture.Core.Distrust();
        fixture.Core.Run();

        Assert.Empty(fixture.Kernel.Sent);
        Assert.Equal(0, vxlan.Status.Entries);
    }

    [Fact]
    public void Run_WithdrawnEntryOutsideTheClaim_IsRemovedToo()
    {
        using var fixture = new CoreFixture();
        var scope = fixture.OpenWith(peers: 1);
        var outside = new RouteEntry { Destination = InetPrefix.Parse("172.16.0.0/24"), Device = "eth0", Protocol = RouteProtocols.Boot };
        fixture.Want(scope, "extra", [outside]);
        fixture.Core.Run();
        Assert.NotNull(fixture.Kernel.At(outside.Key));

        fixture.Want(scope, "extra", []);
        fixture.Core.Run();

        Assert.Null(fixture.Kernel.At(outside.Key));
    }

    [Fact]
    public void Replace_TwoOwnersOfOneKey_LatestWinsAndGivesBack()
    {
        using var fixture = new CoreFixture();
        var scope = fixture.OpenWith(peers: 0);
        var first = KernelHost.Peer(1)[1];
        var second = new ForwardingEntry(KernelHost.Device, first.Key.Mac, InetAddress.Parse("192.0.2.200"));

        fixture.Want(scope, "a", [first]);
        fixture.Want(scope, "b", [second]);
        fixture.Core.Run();
        Assert.Equal(second, fixture.Kernel.At(first.Key));

        fixture.Want(scope, "a", [first]);
        fixture.Core.Run();
        Assert.Equal(second, fixture.Kernel.At(first.Key));

        fixture.Want(scope, "b", []);
        fixture.Core.Run();
        Assert.Equal(first, fixture.Kernel.At(first.Key));
    }
}
