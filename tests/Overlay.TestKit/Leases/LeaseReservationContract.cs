using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Xunit;

namespace Overlay.TestKit.Leases;

/// <summary>Reservations, and what the watch tells of leases, over every store.</summary>
public abstract class LeaseReservationContract
{
    private const string Network = """{"Network":"10.5.0.0/24","SubnetLen":26,"Backend":{"Type":"vxlan"}}""";

    private static readonly SubnetPair _subnets = new(IPNetwork.Parse("10.5.0.128/26"), null);
    private static readonly AddressPair _address = new(IPAddress.Parse("192.168.1.9"), null);
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(500);

    /// <summary>The clock of all nodes.</summary>
    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Opens the test's own store; each call is another user of the same data.</summary>
    protected abstract ILeaseStore Open(int historyLimit = 10_000);

    [Fact]
    public async Task Reserve_HolderNotRunning_NobodyElseGetsTheSubnet()
    {
        using var administrator = Node("192.168.1.1");
        await administrator.Manager.ReserveAsync(_subnets, _address, CancellationToken.None);
        Clock.Advance(TimeSpan.FromDays(100));

        List<string> keys = [(await administrator.AcquireAsync()).Key, (await Node("192.168.1.2").AcquireAsync()).Key];
        await Assert.ThrowsAsync<LeaseException>(() => Node("192.168.1.3").AcquireAsync());

        Assert.DoesNotContain("10.5.0.128-26", keys);
    }

    [Fact]
    public async Task Reserve_HolderComes_GetsItWithoutEnd()
    {
        using var node = Node("192.168.1.9");
        await node.Manager.ReserveAsync(_subnets, _address, CancellationToken.None);

        var lease = await node.AcquireAsync();
        var updated = await node.Manager.UpdateAsync(lease, node.Attributes("""{"VNI":2}"""), CancellationToken.None);

        Assert.Equal((_subnets, null, null), (lease.Subnets, lease.Expires, updated.Expires));
    }

    [Fact]
    public async Task Reserve_LeaseHeldAlready_LosesItsEndWhileKept()
    {
        using var node = Node("192.168.1.9");
        var lease = await node.AcquireAsync();
        using var end = new CancellationTokenSource();
        var keeping = node.Manager.KeepAsync(lease, end.Token);

        await node.Manager.ReserveAsync(lease.Subnets, _address, CancellationToken.None);
        Clock.Advance(TimeSpan.FromDays(100));

        Assert.Null((await node.Manager.UpdateAsync(lease, node.Attributes(), CancellationToken.None)).Expires);
        Assert.False(keeping.IsCompleted);
        await end.CancelAsync();
    }

    [Fact]
    public async Task Release_Reservation_StaysForItsAddress()
    {
        using var node = Node("192.168.1.9");
        await node.Manager.ReserveAsync(_subnets, _address, CancellationToken.None);
        var lease = await node.AcquireAsync();

        await node.Manager.ReleaseAsync(lease, CancellationToken.None);

        var entry = Assert.Single((await Open().ReadAsync(CancellationToken.None)).Entries);
        Assert.Equal("""{"PublicIP":"192.168.1.9","PublicIPv6":null}""", Encoding.UTF8.GetString(entry.Value.Span));
        Assert.Null(entry.Expires);
    }

    [Fact]
    public async Task Acquire_ReservationMadeLater_MovesTheNodeAndFreesItsFormerSubnet()
    {
        using var node = Node("192.168.1.9");
        var before = await node.AcquireAsync(new SubnetPair(IPNetwork.Parse("10.5.0.64/26"), null));
        await node.Manager.ReserveAsync(_subnets, _address, CancellationToken.None);

        var lease = await Node("192.168.1.9").AcquireAsync();

        Assert.NotEqual(before.Key, lease.Key);
        Assert.Equal(lease.Key, Assert.Single((await Open().ReadAsync(CancellationToken.None)).Entries).Key);
    }

    [Theory]
    [InlineData("10.6.0.0/26", "192.168.1.9", "is not inside network 10.5.0.0/24")]
    [InlineData("10.5.0.64/27", "192.168.1.8", "10.5.0.64/26 is leased to 192.168.1.1")]
    [InlineData("10.5.0.192/26", "192.168.1.9", "10.5.0.128/26 is reserved for it already")]
    public async Task Reserve_WhatCannotBeHad_SaysWhy(string subnet, string address, string message)
    {
        using var owner = Node("192.168.1.1");
        await owner.AcquireAsync(new SubnetPair(IPNetwork.Parse("10.5.0.64/26"), null));
        await owner.Manager.ReserveAsync(_subnets, _address, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<LeaseException>(() =>
            owner.Manager.ReserveAsync(new SubnetPair(IPNetwork.Parse(subnet), null), new AddressPair(IPAddress.Parse(address), null), CancellationToken.None).AsTask());

        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_SnapshotThenChanges_WithoutBareReservationsAndUnreadableEntries()
    {
        using var first = Node("192.168.1.1");
        await first.Manager.ReserveAsync(_subnets, _address, CancellationToken.None);
        await WriteAsync("10.5.0.192-26", "{");
        await WriteAsync("something else", "{}");
        var lease = await first.AcquireAsync();
        using var watcher = Node("192.168.1.2");
        await using var batches = watcher.Manager.WatchAsync(CancellationToken.None).GetAsyncEnumerator();

        var snapshot = Assert.IsType<LeaseBatch.Snapshot>(await batches.NextAsync());
        var taken = await Node("192.168.1.9").AcquireAsync();
        var change = Assert.Single(Assert.IsType<LeaseBatch.Changes>(await batches.NextAsync()).Items);

        Assert.Equal(lease.Key, Assert.Single(snapshot.Leases).Key);
        Assert.Equal(taken.Key, Assert.IsType<LeaseChange.Written>(change).Lease.Key);
    }

    [Fact]
    public async Task Watch_PeerExpires_IsRemoved()
    {
        using var peer = Node("192.168.1.1");
        var lease = await peer.AcquireAsync();
        using var watcher = Node("192.168.1.2");
        await using var batches = watcher.Manager.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        await batches.NextAsync();

        var batch = await batches.NextAsync().WhileTimePasses(Clock, TimeSpan.FromMinutes(30));

        Assert.Equal([new LeaseChange.Removed(lease.Key)], Assert.IsType<LeaseBatch.Changes>(batch).Items);
    }

    [Fact]
    public async Task Watch_StoreAway_GoesOnWhereItWasAndCounts()
    {
        var store = new FlakyStore(Open());
        using var watcher = new TestNode(store, Clock, "192.168.1.2", Network);
        using var errors = new System.Diagnostics.Metrics.MeterListener();
        var count = 0L;
        errors.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "overlay.store.errors" && instrument.Meter.Scope == watcher.Meters)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        errors.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref count, value));
        errors.Start();
        await using var batches = watcher.Manager.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        await batches.NextAsync();

        store.IsAway = true;
        var next = batches.NextAsync();
        using var peer = Node("192.168.1.1");
        var lease = await peer.AcquireAsync();
        using (var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20)))
        {
            while (Volatile.Read(ref count) == 0)
            {
                await Task.Delay(1, deadline.Token);
            }
        }

        store.IsAway = false;
        var batch = await next.WhileTimePasses(Clock, _step);

        Assert.Equal(lease.Key, Assert.IsType<LeaseChange.Written>(Assert.Single(Assert.IsType<LeaseBatch.Changes>(batch).Items)).Lease.Key);
    }

    [Fact]
    public async Task ReadOwn_AfterRestartAndAfterReboot_FindsTheLeaseOfThisNodeOnly()
    {
        using var before = Node("192.168.1.1");
        using var other = Node("192.168.1.2");
        var lease = await before.AcquireAsync();
        await other.AcquireAsync();

        using var rebooted = Node("192.168.1.1", "boot2");
        using var clone = new TestNode(Open(), Clock, "192.168.1.3", Network, "boot2", "node 192.168.1.1");
        Assert.Equal(lease.Key, (await Node("192.168.1.1").Manager.ReadOwnAsync(CancellationToken.None))?.Lease?.Key);
        Assert.Equal(lease.Key, (await rebooted.Manager.ReadOwnAsync(CancellationToken.None))?.Lease?.Key);
        Assert.Null(await clone.Manager.ReadOwnAsync(CancellationToken.None));
    }

    private TestNode Node(string address, string incarnation = "boot1") => new(Open(), Clock, address, Network, incarnation);

    private async Task WriteAsync(string key, string value) => await Open().TryWriteAsync(
        new StoreWrite { Key = key, Value = Encoding.UTF8.GetBytes(value), ExpectedVersion = 0, TimeToLive = TimeSpan.FromDays(1) }, CancellationToken.None);
}
