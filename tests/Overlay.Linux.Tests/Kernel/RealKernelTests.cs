using System.Diagnostics;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Kernel;
using Overlay.Linux.Netlink.Ethtool;
using Xunit;

namespace Overlay.Linux.Tests.Kernel;

[Trait("Needs", "root")]
public class RealKernelTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commit_FreshNamespace_AllEntriesStand()
    {
        using var host = new KernelHost();
        await using var reconciler = host.Start();
        var scope = KernelHost.Want(reconciler, peers: 100);

        await reconciler.CommitAsync(Cancellation);

        Assert.Equal((302, 0), (scope.Status.Entries, scope.Status.Pending));
        Assert.Empty(scope.Status.Failed);
        Assert.Equal((100, 100, 100), host.Count());
        Assert.Contains("10.0.7.0/24 via 10.0.7.0 dev flannel.1 proto 111 onlink", host.Ip("route"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commit_AfterRestart_SendsNothing()
    {
        using var host = new KernelHost();
        await using (var first = host.Start())
        {
            KernelHost.Want(first, peers: 50);
            await first.CommitAsync(Cancellation);
        }

        using var listener = host.Listen();
        await using var second = host.Start();
        var scope = KernelHost.Want(second, peers: 50);
        Assert.Empty(await second.PlanAsync(Cancellation));
        await second.CommitAsync(Cancellation);

        Assert.Equal(0, scope.Status.Pending);
        Assert.Empty(KernelHost.Heard(listener));
    }

    [Fact]
    public async Task Commit_AfterRestartWithFewerPeers_RemovesOnlyTheOthers()
    {
        using var host = new KernelHost();
        await using (var first = host.Start())
        {
            KernelHost.Want(first, peers: 50);
            await first.CommitAsync(Cancellation);
        }

        await using var second = host.Start();
        KernelHost.Want(second, peers: 48);
        Assert.Equal(6, (await second.PlanAsync(Cancellation)).Count(line => line.StartsWith("remove ", StringComparison.Ordinal)));
        Assert.Equal((50, 50, 50), host.Count());
        await second.CommitAsync(Cancellation);

        Assert.Equal((48, 48, 48), host.Count());
    }

    [Fact]
    public async Task Commit_OverFlannelsState_AdoptsItInPlace()
    {
        using var host = new KernelHost();
        host.Do("link add flannel.1 address 02:00:00:00:00:01 mtu 1450 type vxlan id 1 local 192.0.2.1 dev eth0 dstport 8472 nolearning; addr add 10.0.0.0/32 dev flannel.1; link set flannel.1 up");
        host.Do("neigh add 10.0.1.0 lladdr 02:00:01:00:00:01 dev flannel.1 nud permanent; fdb add 02:00:01:00:00:01 dev flannel.1 dst 192.0.3.1 self permanent");
        host.Do("route add 10.0.1.0/24 via 10.0.1.0 dev flannel.1 onlink proto boot; route add 10.0.9.0/24 via 10.0.9.0 dev flannel.1 onlink proto boot");
        using var listener = host.Listen();
        await using var reconciler = host.Start();
        KernelHost.Want(reconciler, peers: 1);

        await reconciler.CommitAsync(Cancellation);

        // RTM_NEWROUTE for the adopted route, RTM_DELROUTE for the one that no peer has; the device and its tables are as they were.
        Assert.Equal([24, 25], KernelHost.Heard(listener));
        Assert.Equal((1, 1, 1), host.Count());
        Assert.DoesNotContain("10.0.9.0", host.Ip("route"), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> IncompatibleDevices => new()
    {
        { "another VNI", "link add flannel.1 type vxlan id 7 local 192.0.2.1 dev eth0 dstport 8472" },
        { "another port", "link add flannel.1 type vxlan id 1 local 192.0.2.1 dev eth0 dstport 4789" },
        { "a remote", "link add flannel.1 type vxlan id 1 remote 192.0.2.9 dev eth0 dstport 8472" },
        { "another kind", "link add flannel.1 type bridge" },
        { "another local address", "link add flannel.1 type vxlan id 1 local 192.0.2.7 dev eth0 dstport 8472" },
        { "learning, down", "link add flannel.1 type vxlan id 1 local 192.0.2.1 dev eth0 dstport 8472" },
        { "another device beneath", "link add flannel.1 type vxlan id 1 local 192.0.2.1 dev eth1 dstport 8472 nolearning" },
        { "group policy", "link add flannel.1 type vxlan id 1 local 192.0.2.1 dev eth0 dstport 8472 nolearning gbp" },
        { "IPv6", "link add flannel.1 type vxlan id 1 local 2001:db8::1 dev eth0 dstport 8472 nolearning" },
        { "own VNI under an unwanted name of ours", "link add flannel-v6.1 type vxlan id 1 local 192.0.2.1 dev eth0 dstport 8472 nolearning" },
    };

    [Theory]
    [MemberData(nameof(IncompatibleDevices))]
    public async Task Commit_DeviceFoundOtherwise_IsMadeAsWanted(string what, string command)
    {
        Assert.NotEmpty(what);
        using var host = new KernelHost();
        host.Do(command);
        await using var reconciler = host.Start();
        var scope = reconciler.OpenScope(KernelHost.Claim with { Devices = [KernelHost.Device, "flannel-v6.1"] });
        scope.Replace("own", KernelHost.Own);
        scope.Replace("peer1", KernelHost.Peer(1));
        scope.RetainOnly(new HashSet<string> { "own", "peer1" });

        await reconciler.CommitAsync(Cancellation);

        Assert.Empty(scope.Status.Failed);
        Assert.Equal(0, scope.Status.Pending);
        Assert.Equal((1, 1, 1), host.Count());
        Assert.Null(host.Route.FindLink("flannel-v6.1"));
    }

    [Fact]
    public async Task Commit_ForeignDeviceHasTheVni_NamesIt()
    {
        using var host = new KernelHost();
        host.Do("link add stranger type vxlan id 1 local 192.0.2.1 dev eth0 dstport 8472");
        await using var reconciler = host.Start();
        var scope = KernelHost.Want(reconciler, peers: 1);

        await reconciler.CommitAsync(Cancellation);

        Assert.Contains("'stranger'", Assert.Single(scope.Status.Failed).Error, StringComparison.Ordinal);
        // What needs the device waits for it.
        Assert.Equal(4, scope.Status.Pending);
        host.Do("link del stranger");
        host.Until(() => scope.Status is { Pending: 0, Failed.Count: 0 }, "the device is made once its VNI is free");
    }

    [Fact]
    public async Task Commit_TwoAgentsInOneNamespace_LeaveEachOtherAlone()
    {
        using var host = new KernelHost();
        await using var first = host.Start();
        KernelHost.Want(first, peers: 10);
        await first.CommitAsync(Cancellation);
        var before = host.State();

        await using var second = host.Start();
        var other = second.OpenScope(new ScopeClaim("vxlan", ["flannel.2"], [InetPrefix.Parse("172.20.0.0/16")]));
        other.Replace("own", [KernelHost.Link with { Name = "flannel.2", Vni = 2 }, new AddressEntry("flannel.2", InetPrefix.Parse("172.20.0.0/32"))]);
        other.Replace("peer", [new ForwardingEntry("flannel.2", KernelHost.MacOf(1), InetAddress.Parse("192.0.2.9"))]);
        other.RetainOnly(new HashSet<string> { "own", "peer" });
        await second.CommitAsync(Cancellation);

        Assert.Equal(before, host.State());
        Assert.Equal(before.Length, host.State().Length);
        Assert.Equal(0, other.Status.Pending);
        Assert.Empty(first.LastRepairs);
    }

    [Fact]
    public async Task RemoveAsync_OfAClaim_TakesItAwayAndSaysWhat()
    {
        using var host = new KernelHost();
        await using (var first = host.Start())
        {
            KernelHost.Want(first, peers: 2);
            await first.CommitAsync(Cancellation);
        }

        host.Do("addr add 198.51.100.1/32 dev eth0; route add 10.0.77.0/24 dev eth0 proto 111; route add 10.0.78.0/24 dev eth0");
        await using var second = host.Start();
        var lines = await second.RemoveAsync(KernelHost.Claim, Cancellation);

        Assert.Equal(9, lines.Count);
        Assert.StartsWith("remove route 10.0.", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("remove link flannel.1", lines[^1], StringComparison.Ordinal);
        Assert.Null(host.Route.FindLink(KernelHost.Device));
        Assert.DoesNotContain("proto 111", host.Ip("route"), StringComparison.Ordinal);
        Assert.Contains("10.0.78.0/24", host.Ip("route"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PlanAsync_OnFreshNamespace_SaysAllAndChangesNothing()
    {
        using var host = new KernelHost();
        await using var reconciler = host.Start();
        KernelHost.Want(reconciler, peers: 1);
        using var listener = host.Listen();

        var lines = await reconciler.PlanAsync(Cancellation);

        Assert.Equal(["add link", "add address", "add neighbour", "add fdb", "add route"], lines.Select(line => string.Join(' ', line.Split(' ').Take(2))));
        Assert.Empty(KernelHost.Heard(listener));
        await reconciler.CommitAsync(Cancellation);
        Assert.Equal((1, 1, 1), host.Count());
        Assert.Empty(await reconciler.PlanAsync(Cancellation));
    }

    [Fact]
    public async Task Commit_TenThousandPeers_AllStand()
    {
        using var host = new KernelHost();
        await using var reconciler = host.Start();
        var scope = KernelHost.Want(reconciler, peers: 10_000);

        await reconciler.CommitAsync(Cancellation);

        Assert.Equal((30_002, 0), (scope.Status.Entries, scope.Status.Pending));
        Assert.Equal((10_000, 10_000, 10_000), host.Count());
    }

    [Fact]
    public async Task Repair_FourThousandPeersDeletedAtOnceWithSmallQueue_WholeAgain()
    {
        // The queue holds a few messages only: nearly all announcements are lost, those of our own changes too.
        using var host = new KernelHost(queueSize: 4096);
        await using var reconciler = host.Start();
        var scope = KernelHost.Want(reconciler, peers: 4_000);
        var watch = Stopwatch.StartNew();
        await reconciler.CommitAsync(Cancellation);
        var first = watch.Elapsed;
        Assert.Equal((4_000, 4_000, 4_000), host.Count());

        host.Do("link del flannel.1");
        var time = host.Until(() => host.Route.FindLink(KernelHost.Device) is not null && host.Count() == (4_000, 4_000, 4_000), "all entries are back");

        TestContext.Current.TestOutputHelper?.WriteLine($"first {first.TotalMilliseconds:f0} ms, again {time.TotalMilliseconds:f0} ms");
        host.Until(() => scope.Status is { Pending: 0, Failed.Count: 0 }, "the status says so");
    }

    [Fact]
    public async Task Repair_WhileAnotherProgramFightsForOneRoute_OthersAreNotHeldUp()
    {
        using var host = new KernelHost();
        await using var reconciler = host.Start();
        KernelHost.Want(reconciler, peers: 100);
        await reconciler.CommitAsync(Cancellation);
        var before = host.State();
        using var end = new CancellationTokenSource();
        var fighter = Task.Run(() => Fight(host, end.Token), Cancellation);

        try
        {
            for (var i = 0; i < 10; i++)
            {
                host.Do("fdb flush dev flannel.1");
                var time = host.Until(() => host.Count().Forwarding == 100, "forwarding entries are back");
                // Held up, they would have come with the route's next try, which is doubled each time up to 30 s.
                Assert.True(time < TimeSpan.FromSeconds(5), $"{time}");
            }
        }
        finally
        {
            await end.CancelAsync();
        }

        Assert.InRange(await fighter, 10, 2_000);
        host.Until(() => host.State() == before, "the route is back");
    }

    [Fact]
    public async Task Commit_WithoutPrivileges_FailsWithTheKernelsWords()
    {
        using var host = new KernelHost();
        await using var reconciler = host.Start();
        var scope = reconciler.OpenScope(KernelHost.Claim);
        scope.Replace("own", [KernelHost.Link with { Underlay = "lo", Mtu = 70_000 }]);

        await reconciler.CommitAsync(Cancellation);

        Assert.StartsWith("netlink new link: ", Assert.Single(scope.Status.Failed).Error, StringComparison.Ordinal);
        Assert.Empty(await reconciler.RemoveAsync(KernelHost.Claim, Cancellation));
        await reconciler.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await reconciler.CommitAsync(Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Repair_ChecksumOffloadSwitchedByOthers_IsSwitchedBack(bool isOn)
    {
        using var host = new KernelHost();
        using var features = host.Namespace.Run(() => new LinkFeatures());
        await using var reconciler = host.Start();
        var scope = reconciler.OpenScope(KernelHost.Claim);
        scope.Replace("own", [KernelHost.Link with { TxChecksumOffload = isOn }]);
        await reconciler.CommitAsync(Cancellation);
        Assert.Equal((1, 0), (scope.Status.Entries, scope.Status.Pending));
        Assert.Empty(scope.Status.Failed);
        Assert.Equal(isOn, features.IsOn(KernelHost.Device, LinkFeatures.TransmitChecksum));

        features.Set(KernelHost.Device, LinkFeatures.TransmitChecksum, !isOn);

        host.Until(() => features.IsOn(KernelHost.Device, LinkFeatures.TransmitChecksum) == isOn, "switched back");
        await reconciler.CommitAsync(Cancellation);
        Assert.Equal(1, host.RepairsOf("link"));
    }

    // Deletes one route whenever it is there; gives how often.
    private static int Fight(KernelHost host, CancellationToken end)
    {
        using var route = host.Namespace.Run(() => new Overlay.Linux.Netlink.Route.RouteNetlink());
        using var socket = host.Listen();
        using var buffer = new Overlay.Linux.Netlink.NetlinkBuffer();
        var count = 0;
        while (!end.IsCancellationRequested)
        {
            try
            {
                route.Execute(batch => Overlay.Linux.Netlink.Route.RouteRequests.DeleteRoute(batch, new() { Destination = InetPrefix.Parse("10.0.7.0/24"), Type = 0 }));
                count++;
            }
            catch (OverlayException)
            {
                socket.Receive(buffer, TimeSpan.FromMilliseconds(10));
            }
        }

        return count;
    }
}
