using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Core.Leases;
using Overlay.Etcd.Connection;
using Overlay.TestKit.Etcd;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Etcd.Tests;

/// <summary>What etcd's processes do to a watch and to writes: killed, stopped, compacted, without a leader.</summary>
public sealed class OutageTests : EtcdTest
{
    [Fact]
    public async Task Watch_MembersKilledOneAfterTheOther_GoesOnWithoutALossOrAnError()
    {
        await using var cluster = await EtcdCluster.StartAsync(new EtcdClusterOptions { Members = 3 });
        var (store, writer) = (Open(cluster), Open(cluster));
        await using var notices = store.WatchAsync((await store.ReadAsync(Cancellation)).Version, null, Cancellation).GetAsyncEnumerator(Cancellation);
        List<string> seen = [];
        foreach (var member in cluster.Members)
        {
            await member.KillAsync();
            await WriteUntilDoneAsync(writer, $"while {member.Name} is dead");
            seen.AddRange((await NextChangesAsync(notices)).Items.Select(change => change.Key));
            cluster.Restart(member);
            await cluster.WaitUntilServingAsync();
        }

        Assert.Equal(["while m1 is dead", "while m2 is dead", "while m3 is dead"], seen);
    }

    [Fact]
    public async Task Watch_ItsServerStandsStill_GoesOnAtAnother()
    {
        await using var cluster = await EtcdCluster.StartAsync(new EtcdClusterOptions { Members = 3 });
        var connection = new EtcdConnection(EtcdServer.OptionsOf(cluster, Prefix), new Random(1), NullLogger.Instance);
        using var client = new EtcdClient(connection, new EtcdCredentials("", ""));
        var store = EtcdServer.Store(client, Prefix);
        await using var notices = store.WatchAsync((await store.ReadAsync(Cancellation)).Version, null, Cancellation).GetAsyncEnumerator(Cancellation);
        await notices.NextAsync();
        var next = NextChangesAsync(notices);
        var member = cluster.Members.Single(member => connection.Get().Endpoint == new Uri(member.Endpoint));

        member.Pause();
        try
        {
            await WriteUntilDoneAsync(Open(cluster), "written elsewhere");

            Assert.Equal("written elsewhere", Assert.Single((await next).Items).Key);
        }
        finally
        {
            member.Resume();
        }
    }

    [Fact]
    public async Task Watch_EtcdKilledAndStartedAgain_GoesOnFromWhereItWas()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        using var node = Node(cluster, "192.168.64.9");
        using var peer = Node(cluster, "192.168.64.1");
        await using var batches = node.Manager.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        await batches.NextAsync();
        var next = batches.NextAsync(TimeSpan.FromSeconds(60));

        await cluster.Members[0].KillAsync();
        var acquiring = peer.Manager.AcquireAsync(new LeaseRequest(peer.Attributes()), Cancellation).AsTask();
        await TestKit.Agents.Deadline.UntilAsync(() => node.Manager.StoreFault is not null && peer.Manager.StoreFault is not null, () => "no fault is told", Cancellation, seconds: 30);
        Assert.Contains("does not answer", node.Manager.StoreFault, StringComparison.Ordinal);
        cluster.Restart(cluster.Members[0]);

        var lease = await acquiring.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        // Changes, and no snapshot: nothing that is right is touched.
        Assert.Equal(lease.Key, Assert.IsType<LeaseChange.Written>(Assert.Single(Assert.IsType<LeaseBatch.Changes>(await next).Items)).Lease.Key);
        await TestKit.Agents.Deadline.UntilAsync(() => node.Manager.StoreFault is null && peer.Manager.StoreFault is null, () => $"{node.Manager.StoreFault} {peer.Manager.StoreFault}", Cancellation);
    }

    [Fact]
    public async Task Watch_CompactedWhileNobodyLooked_BeginsAnewWithASnapshot()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        var store = Open(cluster);
        await store.TryWriteAsync(Put("10.244.1.0-24", "{}"), Cancellation);
        var version = (await store.ReadAsync(Cancellation)).Version;
        using var node = Node(cluster, "192.168.64.9");
        await using var batches = node.Manager.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        await batches.NextAsync();

        await cluster.Members[0].KillAsync();
        cluster.Restart(cluster.Members[0]);
        await cluster.WaitUntilServingAsync();
        await store.TryWriteAsync(Put("10.244.2.0-24", """{"PublicIP":"10.0.0.2","BackendType":"vxlan"}"""), Cancellation);
        await store.TryWriteAsync(Put("10.244.3.0-24", """{"PublicIP":"10.0.0.3","BackendType":"vxlan"}"""), Cancellation);
        await cluster.CompactAsync();

        await using var late = store.WatchAsync(version, null, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.IsType<StoreNotice.HistoryLost>(await late.NextAsync());
        Assert.False(await late.MoveNextAsync());
        var known = new HashSet<string>();
        while (known.Count < 2)
        {
            foreach (var key in Keys(await batches.NextAsync(TimeSpan.FromSeconds(60))))
            {
                known.Add(key);
            }
        }

        Assert.Equal(["10.244.2.0-24", "10.244.3.0-24"], known.Order());
    }

    [Fact]
    public async Task Watch_QuietWhileOthersWrite_KeepsUpByTheServersOwnNotes()
    {
        await using var cluster = await EtcdCluster.StartAsync(new EtcdClusterOptions { Flags = ["--experimental-watch-progress-notify-interval", "1s"] });
        var store = Open(cluster);
        var version = (await store.ReadAsync(Cancellation)).Version;
        await using var notices = store.WatchAsync(version, null, Cancellation).GetAsyncEnumerator(Cancellation);
        await cluster.PutAsync("/elsewhere", "1");
        var now = await cluster.RevisionAsync();

        StoreNotice.Changes? last = null;
        while ((last?.Version ?? 0) < now)
        {
            last = Assert.IsType<StoreNotice.Changes>(await notices.NextAsync());
            Assert.Empty(last.Items);
        }

        await cluster.CompactAsync();
        await using var resumed = store.WatchAsync(last!.Version, null, Cancellation).GetAsyncEnumerator(Cancellation);
        await store.TryWriteAsync(Put("a", "one"), Cancellation);
        Assert.Equal("a", Assert.Single((await NextChangesAsync(resumed)).Items).Key);
    }

    [Fact]
    public async Task Watch_ReaderGoesAway_LeavesTheConnectionToOthers()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        var connection = new EtcdConnection(EtcdServer.OptionsOf(cluster, Prefix), new Random(1), NullLogger.Instance);
        using var client = new EtcdClient(connection, new EtcdCredentials("", ""));
        var store = EtcdServer.Store(client, Prefix);
        var version = (await store.ReadAsync(Cancellation)).Version;
        var before = connection.Get();

        await using (var notices = store.WatchAsync(version, null, Cancellation).GetAsyncEnumerator(Cancellation))
        {
            await notices.NextAsync();
        }

        await store.ReadAsync(Cancellation);
        Assert.Same(before, connection.Get());
    }

    [Fact]
    public async Task Watch_StoreWentBackInTime_IsReadAnew()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        var store = Open(cluster);

        await using var notices = store.WatchAsync((await store.ReadAsync(Cancellation)).Version + 100, null, Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.IsType<StoreNotice.HistoryLost>(await notices.NextAsync());
    }

    [Fact]
    public async Task Entry_NotRenewed_EndsByEtcdsClockAndIsTold()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        var store = Open(cluster);
        var version = (await store.TryWriteAsync(Put("a", "one", timeToLive: TimeSpan.FromSeconds(3)), Cancellation)).Entry!.Version;
        await using var notices = store.WatchAsync(version, null, Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.Equal(("a", null), Assert.Single((await NextChangesAsync(notices)).Items) is var change ? (change.Key, change.Entry) : default);
        Assert.False((await store.TryWriteAsync(Put("a", "late", version), Cancellation)).IsWritten);
    }

    [Fact]
    public async Task Keep_CutOffForTwoRenewalPeriods_StillHasItsLease()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        using var node = Node(cluster, "192.168.64.9", lease: options => (options.Term, options.RenewMargin) = (TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(58)));
        var lease = await node.AcquireAsync(cancellationToken: Cancellation);
        using var end = new CancellationTokenSource();
        var keeping = node.Manager.KeepAsync(lease, end.Token);
        cluster.Members[0].Pause();
        await Task.Delay(TimeSpan.FromSeconds(5), Cancellation); // The length of the outage is the case.
        cluster.Members[0].Resume();

        var store = Open(cluster);
        await using var changes = store.ChangesAsync((await store.ReadAsync(Cancellation)).Version).GetAsyncEnumerator(Cancellation);
        var renewed = await changes.NextAsync();

        Assert.Equal(lease.Key, renewed.Key);
        Assert.True(renewed.Entry!.CreateVersion < renewed.Version, "the lease was taken anew");
        Assert.False(keeping.IsCompleted);
        await end.CancelAsync();
    }

    [Fact]
    public async Task Keep_LeaseEndedWhileCutOffAndTakenByAnother_IsGivenUpAndNeverOverwritten()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        const string OneSubnet = """{"Network":"10.5.0.0/24","SubnetLen":26,"SubnetMin":"10.5.0.64","SubnetMax":"10.5.0.64"}""";
        var store = new FlakyStore(Open(cluster));
        using var sleeper = new TestNode(store, TimeProvider.System, "192.168.64.1", OneSubnet, configure: options => (options.Term, options.RenewMargin) = (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1)));
        var lease = await sleeper.AcquireAsync(cancellationToken: Cancellation);
        store.IsAway = true;
        var keeping = sleeper.Manager.KeepAsync(lease, Cancellation);
        using var next = Node(cluster, "192.168.64.2", OneSubnet);
        Lease? taken = null;
        while (taken is null)
        {
            try
            {
                taken = await next.AcquireAsync(cancellationToken: Cancellation);
            }
            catch (LeaseException)
            {
                await Task.Delay(50, Cancellation);
            }
        }

        store.IsAway = false;

        Assert.Equal(LeaseEnd.TakenByAnother, await keeping.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
        Assert.Contains("192.168.64.2", await cluster.GetAsync($"{Prefix}/subnets/{taken.Key}"), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Keys(LeaseBatch batch) => batch switch
    {
        LeaseBatch.Snapshot snapshot => snapshot.Leases.Select(lease => lease.Key),
        LeaseBatch.Changes changes => changes.Items.OfType<LeaseChange.Written>().Select(change => change.Lease.Key),
        _ => [],
    };

    /// <summary>Writes a key, through the time in which the members choose a leader.</summary>
    private static async Task WriteUntilDoneAsync(EtcdLeaseStore store, string key)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                await store.TryWriteAsync(Put(key, "{}"), limit.Token);
                return;
            }
            catch (LeaseStoreException exception) when (exception.IsTransient)
            {
                await Task.Delay(100, limit.Token);
            }
        }
    }
}
