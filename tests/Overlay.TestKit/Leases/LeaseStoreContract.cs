using System.Text;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Leases;
using Xunit;

namespace Overlay.TestKit.Leases;

/// <summary>What every lease store must do. A store is tested by a subclass that opens it.</summary>
public abstract class LeaseStoreContract
{
    /// <summary>The clock by which the store's entries expire.</summary>
    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Opens the test's own store; each call is another user of the same data.</summary>
    /// <param name="historyLimit">How many changes a watch can look back.</param>
    protected abstract ILeaseStore Open(int historyLimit = 10_000);

    [Fact]
    public async Task Read_NewStore_IsEmpty() => Assert.Empty((await Open().ReadAsync(CancellationToken.None)).Entries);

    [Fact]
    public async Task TryWrite_NewKey_IsReadAsWritten()
    {
        var store = Open();

        var verdict = await PutAsync(store, "a", "one", 0, TimeSpan.FromMinutes(5));

        var snapshot = await Open().ReadAsync(CancellationToken.None);
        var entry = Assert.Single(snapshot.Entries);
        Assert.True(verdict.IsWritten);
        Assert.Equal(("a", "one", snapshot.Version, snapshot.Version), (entry.Key, Text(entry), entry.Version, entry.CreateVersion));
        Assert.Equal(Clock.GetUtcNow() + TimeSpan.FromMinutes(5), entry.Expires);
        Assert.Equal((entry.Version, entry.Expires), (verdict.Entry!.Version, verdict.Entry.Expires));
    }

    [Fact]
    public async Task TryWrite_NewKeyThatExists_IsRefusedAndShowsIt()
    {
        var store = Open();
        var first = await PutAsync(store, "a", "one", 0);

        var second = await PutAsync(store, "a", "two", 0);

        Assert.False(second.IsWritten);
        Assert.Equal((first.Entry!.Version, "one"), (second.Entry!.Version, Text(second.Entry)));
    }

    [Fact]
    public async Task TryWrite_KeyThatIsGone_IsRefusedAndShowsNothing()
    {
        var store = Open();
        var first = await PutAsync(store, "a", "one", 0);
        await PutAsync(store, "a", null, first.Entry!.Version);

        var second = await PutAsync(store, "a", "two", first.Entry.Version);

        Assert.Equal(new StoreVerdict(false, null), second);
    }

    [Fact]
    public async Task TryWrite_TwoWritersOfOneVersion_SecondLoses()
    {
        var (left, right) = (Open(), Open());
        var version = (await PutAsync(left, "a", "one", 0)).Entry!.Version;

        var first = await PutAsync(left, "a", "two", version);
        var second = await PutAsync(right, "a", "three", version);

        Assert.Equal((true, false), (first.IsWritten, second.IsWritten));
        Assert.Equal("two", Text(second.Entry!));
    }

    [Fact]
    public async Task TryWrite_SameKeyAgain_KeepsCreateVersionUntilDeleted()
    {
        var store = Open();
        var made = (await PutAsync(store, "a", "one", 0)).Entry!;
        var changed = (await PutAsync(store, "a", "two", made.Version)).Entry!;
        await PutAsync(store, "a", null, changed.Version);
        var again = (await PutAsync(store, "a", "three", 0)).Entry!;

        Assert.Equal(made.CreateVersion, changed.CreateVersion);
        Assert.True(made.Version < changed.Version && changed.Version < again.CreateVersion);
    }

    [Fact]
    public async Task TryWrite_OtherKeyCreatedMeanwhile_IsRefused()
    {
        var (left, right) = (Open(), Open());
        var seen = (await left.ReadAsync(CancellationToken.None)).Version;
        await PutAsync(right, "b", "other", 0);

        Assert.False((await PutAsync(left, "a", "one", 0, noKeyCreatedAfter: seen)).IsWritten);
        Assert.True((await PutAsync(left, "a", "one", 0, noKeyCreatedAfter: (await left.ReadAsync(CancellationToken.None)).Version)).IsWritten);
    }

    [Fact]
    public async Task TryWrite_OtherKeyChangedOrCreatedAndDeletedMeanwhile_Succeeds()
    {
        var store = Open();
        var other = (await PutAsync(store, "b", "one", 0)).Entry!.Version;
        var seen = (await store.ReadAsync(CancellationToken.None)).Version;
        await PutAsync(store, "b", "two", other);
        var passing = (await PutAsync(store, "c", "here", 0)).Entry!.Version;
        await PutAsync(store, "c", null, passing);

        Assert.True((await PutAsync(store, "a", "one", 0, noKeyCreatedAfter: seen)).IsWritten);
    }

    [Fact]
    public async Task TryWrite_ExpiredEntry_CountsAsAbsent()
    {
        var store = Open();
        var old = (await PutAsync(store, "a", "one", 0, TimeSpan.FromMinutes(1))).Entry!.Version;
        Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Empty((await store.ReadAsync(CancellationToken.None)).Entries);
        Assert.Equal(new StoreVerdict(false, null), await PutAsync(store, "a", "late", old));
        Assert.True((await PutAsync(store, "a", "next", 0)).IsWritten);
        Assert.False((await PutAsync(store, "a", "later", old)).IsWritten);
    }

    [Fact]
    public async Task TryWrite_WithoutTimeToLive_TakesExpiryAway()
    {
        var store = Open();
        var version = (await PutAsync(store, "a", "one", 0, TimeSpan.FromMinutes(1))).Entry!.Version;
        await PutAsync(store, "a", "for ever", version);
        Clock.Advance(TimeSpan.FromDays(400));

        Assert.Null(Assert.Single((await store.ReadAsync(CancellationToken.None)).Entries).Expires);
    }

    [Fact]
    public async Task TryWrite_ManyWritersOfOneCounter_LoseNothing()
    {
        await PutAsync(Open(), "counter", "0", 0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var store = Open();
            for (var done = 0; done < 25;)
            {
                var entry = Assert.Single((await store.ReadAsync(CancellationToken.None)).Entries);
                var next = int.Parse(Text(entry), System.Globalization.CultureInfo.InvariantCulture) + 1;
                done += (await PutAsync(store, "counter", next.ToString(System.Globalization.CultureInfo.InvariantCulture), entry.Version)).IsWritten ? 1 : 0;
            }
        })));

        Assert.Equal("100", Text(Assert.Single((await Open().ReadAsync(CancellationToken.None)).Entries)));
    }

    [Fact]
    public async Task Watch_ChangesBeforeAndAfterItsStart_AllCome()
    {
        var (store, other) = (Open(), Open());
        var start = (await store.ReadAsync(CancellationToken.None)).Version;
        var a = (await PutAsync(other, "a", "one", 0)).Entry!.Version;
        await using var changes = store.ChangesAsync(start).GetAsyncEnumerator();

        var first = await changes.NextAsync();
        await PutAsync(other, "a", "two", a);
        var second = await changes.NextAsync();
        await PutAsync(other, "a", null, second.Version);
        var third = await changes.NextAsync();

        Assert.Equal(("a", "one", a), (first.Key, Text(first.Entry!), first.Version));
        Assert.Equal(("a", "two"), (second.Key, Text(second.Entry!)));
        Assert.Equal(("a", null), (third.Key, third.Entry));
        Assert.True(first.Version < second.Version && second.Version < third.Version);
    }

    [Fact]
    public async Task Watch_OneKey_HidesOthers()
    {
        var store = Open();
        var start = (await store.ReadAsync(CancellationToken.None)).Version;
        await PutAsync(store, "b", "other", 0);
        await using var changes = store.ChangesAsync(start, "a").GetAsyncEnumerator();
        var next = changes.NextAsync();
        await PutAsync(Open(), "c", "other", 0);
        await PutAsync(Open(), "a", "mine", 0);

        Assert.Equal("a", (await next).Key);
    }

    [Fact]
    public async Task Watch_EntryExpires_SaysSo()
    {
        var store = Open();
        var version = (await PutAsync(store, "a", "one", 0, TimeSpan.FromMinutes(1))).Entry!.Version;
        await using var changes = store.ChangesAsync(version).GetAsyncEnumerator();

        var change = await changes.NextAsync().WhileTimePasses(Clock, TimeSpan.FromSeconds(10));

        Assert.Equal(("a", null), (change.Key, change.Entry));
    }

    [Fact]
    public async Task Watch_FromBeyondTheHistory_SaysThatItIsLost()
    {
        var store = Open(historyLimit: 5);
        var start = (await store.ReadAsync(CancellationToken.None)).Version;
        for (var i = 0; i < 10; i++)
        {
            await PutAsync(store, $"key{i}", "value", 0);
        }

        var now = (await store.ReadAsync(CancellationToken.None)).Version;
        await using var old = store.WatchAsync(start, null, CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);
        await using var recent = store.WatchAsync(now - 5, null, CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);
        await using var future = store.WatchAsync(now + 1, null, CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);

        Assert.IsType<StoreNotice.HistoryLost>(await old.NextAsync());
        Assert.False(await old.MoveNextAsync());
        Assert.Equal(5, Assert.IsType<StoreNotice.Changes>(await recent.NextAsync()).Items.Count);
        Assert.IsType<StoreNotice.HistoryLost>(await future.NextAsync());
    }

    [Fact]
    public async Task Watch_Cancelled_Ends()
    {
        var store = Open();
        using var end = new CancellationTokenSource();
        await using var watch = store.WatchAsync((await store.ReadAsync(CancellationToken.None)).Version, null, end.Token).GetAsyncEnumerator(CancellationToken.None);
        var next = watch.MoveNextAsync().AsTask();

        await end.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            // A watch may say that nothing has changed before it notices.
            while (await next.WaitAsync(TimeSpan.FromSeconds(20)))
            {
                next = watch.MoveNextAsync().AsTask();
            }
        });
    }

    private static async Task<StoreVerdict> PutAsync(
        ILeaseStore store, string key, string? value, long expectedVersion, TimeSpan? timeToLive = null, long? noKeyCreatedAfter = null) =>
        await store.TryWriteAsync(
            new StoreWrite
            {
                Key = key,
                Value = value is null ? null : Encoding.UTF8.GetBytes(value),
                ExpectedVersion = expectedVersion,
                TimeToLive = timeToLive,
                NoKeyCreatedAfter = noKeyCreatedAfter,
            },
            CancellationToken.None);

    private static string Text(StoreEntry entry) => Encoding.UTF8.GetString(entry.Value.Span);
}
