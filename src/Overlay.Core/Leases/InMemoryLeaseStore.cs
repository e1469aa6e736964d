using System.Runtime.CompilerServices;

namespace Overlay.Core.Leases;

/// <summary>A lease store for one process: for tests, samples and single machines. It forgets everything at the end.</summary>
/// <param name="clock">Tells when entries expire.</param>
/// <param name="historyLimit">How many changes a watch can look back; at least one.</param>
public sealed class InMemoryLeaseStore(TimeProvider clock, int historyLimit = 10_000) : ILeaseStore, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StoreEntry> _entries = new(StringComparer.Ordinal);
    private readonly PriorityQueue<StoreEntry, DateTimeOffset> _expiries = new();
    private readonly List<StoreChange> _history = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;
    private long _version;

    // Each version is one change, so a change's place is known from its version.
    private long Floor => _version - Math.Min(_history.Count, historyLimit);

    /// <inheritdoc/>
    public ValueTask<StoreSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            RemoveExpired();
            return new(new StoreSnapshot(_version, [.. _entries.Values]));
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreVerdict> TryWriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            RemoveExpired();
            _entries.TryGetValue(write.Key, out var current);
            if ((current?.Version ?? 0) != write.ExpectedVersion
                || (write.NoKeyCreatedAfter is { } after && _entries.Values.Any(entry => entry.CreateVersion > after)))
            {
                return new(new StoreVerdict(false, current));
            }

            var next = write.Value is not { } value ? null : new StoreEntry
            {
                Key = write.Key,
                Value = value,
                Version = _version + 1,
                CreateVersion = current?.CreateVersion ?? _version + 1,
                Expires = clock.GetUtcNow() + write.TimeToLive,
            };
            if (next is not null || current is not null)
            {
                Record(write.Key, next);
            }

            SetTimer();
            return new(new StoreVerdict(true, next));
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreNotice> WatchAsync(long after, string? key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            List<StoreChange> changes = [];
            long version;
            Task changed;
            lock (_lock)
            {
                RemoveExpired();
                version = _version;
                changed = _changed.Task;
                if (after >= Floor && after <= version)
                {
                    changes.AddRange(_history.TakeLast((int)(version - after)).Where(change => key is null || change.Key == key));
                }
                else
                {
                    version = -1;
                }
            }

            if (version < 0)
            {
                yield return new StoreNotice.HistoryLost();
                yield break;
            }

            after = version;
            if (changes.Count > 0)
            {
                yield return new StoreNotice.Changes(changes, version);
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Stops noticing expiries.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void Record(string key, StoreEntry? entry)
    {
        _version++;
        if (entry is null)
        {
            _entries.Remove(key);
        }
        else
        {
            _entries[key] = entry;
            if (entry.Expires is { } expires)
            {
                _expiries.Enqueue(entry, expires);
            }
        }

        _history.Add(new StoreChange(key, _version, entry));
        if (_history.Count >= 2 * historyLimit)
        {
            _history.RemoveRange(0, historyLimit);
        }

        _changed.SetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private void RemoveExpired()
    {
        while (_expiries.TryPeek(out var entry, out var expires))
        {
            // An entry that was written again or deleted since stands in the queue without meaning.
            var isCurrent = _entries.GetValueOrDefault(entry.Key) == entry;
            if (isCurrent && expires > clock.GetUtcNow())
            {
                return;
            }

            _expiries.Dequeue();
            if (isCurrent)
            {
                Record(entry.Key, null);
            }
        }
    }

    private void SetTimer()
    {
        if (_expiries.TryPeek(out _, out var expires))
        {
            var due = expires - clock.GetUtcNow();
            var longest = TimeSpan.FromDays(1); // A timer takes no more than 49 days.
            due = due < TimeSpan.Zero ? TimeSpan.Zero : due > longest ? longest : due;
            _timer ??= clock.CreateTimer(_ => NoticeExpiries(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    private void NoticeExpiries()
    {
        lock (_lock)
        {
            if (_timer is not null)
            {
                RemoveExpired();
                SetTimer();
            }
        }
    }
}
