using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Leases;

/// <summary>Calls the store and outlives its outages: counts them, says so once, and tries again with back-off.</summary>
internal sealed partial class StoreAccess(ILeaseStore store, TimeProvider clock, Random random, OverlayMetrics metrics, ILogger logger)
{
    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(500);

    // A store that comes back is noticed within this time; peers that changed meanwhile wait for it.
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(1);

    // The generator is not safe for several threads.
    private readonly Lock _randomLock = new();
    private volatile string? _fault;

    /// <summary>Why the store cannot be used now; <see langword="null"/> while it answers.</summary>
    public string? Fault => _fault;

    /// <summary>The store itself, for watches.</summary>
    public ILeaseStore Store => store;

    /// <summary>The clock by which leases expire.</summary>
    public TimeProvider Clock => clock;

    /// <summary>Reads all leases and the store's version.</summary>
    public async ValueTask<(IReadOnlyList<StoredLease> Leases, long Version)> ReadAsync(CancellationToken cancellationToken)
    {
        var snapshot = await RetryAsync("read", store.ReadAsync, cancellationToken);
        return (Interpret(snapshot.Entries), snapshot.Version);
    }

    /// <summary>Writes with comparison.</summary>
    public ValueTask<StoreVerdict> TryWriteAsync(StoreWrite write, CancellationToken cancellationToken) =>
        RetryAsync("write", token => store.TryWriteAsync(write, token), cancellationToken);

    /// <summary>Reads entries; those that are no leases are counted and left out.</summary>
    public IReadOnlyList<StoredLease> Interpret(IReadOnlyList<StoreEntry> entries)
    {
        var leases = new List<StoredLease>(entries.Count);
        foreach (var entry in entries)
        {
            if (Interpret(entry) is { } lease)
            {
                leases.Add(lease);
            }
        }

        return leases;
    }

    /// <summary>Reads an entry; <see langword="null"/> when its key is no lease's. What cannot be read is counted.</summary>
    public StoredLease? Interpret(StoreEntry entry)
    {
        var lease = StoredLease.TryRead(entry);
        if (lease?.Value is null)
        {
            metrics.StoreEntrySkipped();
            Log.Skipped(logger, entry.Key);
        }

        return lease;
    }

    /// <summary>Waits before try number <paramref name="attempt"/> + 1, longer from time to time, and not as long as others.</summary>
    public Task BackOffAsync(int attempt, TimeSpan shortest, TimeSpan longest, CancellationToken cancellationToken)
    {
        var most = Math.Min(longest.TotalMilliseconds, shortest.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 20)));
        return Task.Delay(TimeSpan.FromMilliseconds(most * (0.5 + (Draw(generator => generator.NextDouble()) / 2))), clock, cancellationToken);
    }

    /// <summary>Takes something by chance.</summary>
    public T Draw<T>(Func<Random, T> draw)
    {
        lock (_randomLock)
        {
            return draw(random);
        }
    }

    /// <summary>Reports a failure and waits; for watches, which go on after every failure.</summary>
    public async Task OutliveAsync(string operation, LeaseStoreException failure, int attempt, CancellationToken cancellationToken)
    {
        metrics.StoreFailed(operation);
        _fault = failure.Message;
        if (attempt == 0)
        {
            Log.Failed(logger, operation, failure.Message);
        }

        await BackOffAsync(attempt, _shortest, _longest, cancellationToken);
    }

    /// <summary>Says that an outage is over.</summary>
    public void Recovered(string operation)
    {
        _fault = null;
        Log.Recovered(logger, operation);
    }

    private async ValueTask<T> RetryAsync<T>(string operation, Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var result = await call(cancellationToken);
                _fault = null;
                if (attempt > 0)
                {
                    Recovered(operation);
                }

                return result;
            }
            catch (LeaseStoreException exception) when (exception.IsTransient)
            {
                await OutliveAsync(operation, exception, attempt, cancellationToken);
            }
            catch (LeaseStoreException)
            {
                metrics.StoreFailed(operation);
                throw;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Leases + 1, LogLevel.Warning, "The lease store failed to {Operation} and is tried again: {Reason}")]
        public static partial void Failed(ILogger logger, string operation, string reason);

        [LoggerMessage(EventIds.Leases + 2, LogLevel.Information, "The lease store answers again ({Operation})")]
        public static partial void Recovered(ILogger logger, string operation);

        [LoggerMessage(EventIds.Leases + 3, LogLevel.Warning, "Store entry {Key} is no lease that can be read and is left out")]
        public static partial void Skipped(ILogger logger, string key);
    }
}
