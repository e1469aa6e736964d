using System.Runtime.CompilerServices;
using Overlay.Core.Leases;

namespace CustomStore;

/// <summary>A lease store of one's own: a journal, to which every change is appended, and which is the data. Here it is a list; a table of any database
/// with a rising number in each row does the same, with the lock as a transaction.</summary>
internal sealed class JournalStore(TimeProvider clock, int historyLimit) : ILeaseStore
{
    private readonly Lock _lock = new();
    private readonly List<StoreChange> _journal = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ValueTask<StoreSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(new StoreSnapshot(_journal.Count, Present()));
        }
    }

    public ValueTask<StoreVerdict> TryWriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var present = Present();
            var before = present.Find(entry => entry.Key == write.Key);
            // The two comparisons are all that keeps nodes from taking each other's subnets.
            if ((before?.Version ?? 0) != write.ExpectedVersion || present.Exists(entry => entry.CreateVersion > write.NoKeyCreatedAfter))
            {
                return new(new StoreVerdict(false, before));
            }

            var version = _journal.Count + 1;
            var now = write.Value is null ? null : new StoreEntry { Key = write.Key, Value = write.Value, Version = version, CreateVersion = before?.CreateVersion ?? version, Expires = clock.GetUtcNow() + write.TimeToLive };
            Append(write.Key, now);
            return new(new StoreVerdict(true, now));
        }
    }

    public async IAsyncEnumerable<StoreNotice> WatchAsync(long after, string? key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            List<StoreChange> changes;
            Task next;
            lock (_lock)
            {
                Present();
                var isKnown = after <= _journal.Count && after >= _journal.Count - historyLimit;
                changes = isKnown ? [.. _journal.Skip((int)after).Where(change => key is null || change.Key == key)] : [];
                (after, next) = (isKnown ? _journal.Count : -1, _next.Task);
            }

            yield return after < 0 ? new StoreNotice.HistoryLost() : new StoreNotice.Changes(changes, after);
            if (after < 0)
            {
                yield break;
            }

            await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What stands now: the last change of each key. What has expired is deleted by whoever comes by first.</summary>
    private List<StoreEntry> Present()
    {
        var present = _journal.GroupBy(change => change.Key).Select(changes => changes.Last().Entry).OfType<StoreEntry>().ToLookup(entry => entry.Expires <= clock.GetUtcNow());
        present[true].ToList().ForEach(expired => Append(expired.Key, null));
        return [.. present[false]];
    }

    private void Append(string key, StoreEntry? entry)
    {
        _journal.Add(new StoreChange(key, _journal.Count + 1, entry));
        Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
