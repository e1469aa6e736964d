using System.Threading.Channels;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Leases;

/// <summary>Keeps one lease: renews it in time, and watches its key, so that a loss is noticed when it happens and a newcomer with the same address is
/// answered at once.</summary>
internal sealed class LeaseKeeper(HeldLease held, StoreAccess store, LeaseOptions options, OverlayMetrics metrics)
{
    // Timers stand still while the machine sleeps, and the wall clock may be set: the time left is looked at anew this often.
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(1);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Renews until cancelled; ends by itself when the lease is lost.</summary>
    public async Task<LeaseEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchAsync(ending.Token);
        var failures = 0;
        try
        {
            while (true)
            {
                if (held.End is { } end)
                {
                    return end;
                }

                if (TimeLeft() is { } left && left <= TimeSpan.Zero)
                {
                    failures = await RenewAsync(failures, cancellationToken);
                    continue;
                }

                await WaitAsync(ending.Token);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A store that refuses, rather than being away, may be mended while the data path stands: that too is outlived here.</summary>
    private async Task<int> RenewAsync(int failures, CancellationToken cancellationToken)
    {
        try
        {
            if (await held.TryWriteAsync(null, cancellationToken))
            {
                metrics.LeaseRenewed();
            }

            return 0;
        }
        catch (LeaseStoreException exception)
        {
            await store.OutliveAsync("write", exception, failures, cancellationToken);
            return failures + 1;
        }
    }

    /// <summary>The time until the renewal; <see langword="null"/> when none is needed.</summary>
    private TimeSpan? TimeLeft() => held.Lease.Expires - options.RenewMargin - store.Clock.GetUtcNow();

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wait = TimeLeft() is { } left && left < _longestWait ? left : _longestWait;
        var timer = Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, store.Clock, waiting.Token);
        await Task.WhenAny(timer, _wake.Reader.WaitToReadAsync(waiting.Token).AsTask());
        _wake.Reader.TryRead(out _);
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var after = held.Version;
        var failures = 0;
        while (held.End is null)
        {
            try
            {
                var mustRead = false;
                await foreach (var notice in store.Store.WatchAsync(after, held.Lease.Key, cancellationToken))
                {
                    failures = Recover(failures);
                    mustRead = notice is StoreNotice.HistoryLost;
                    if (notice is StoreNotice.Changes changes)
                    {
                        await ObserveAsync(changes, cancellationToken);
                        after = changes.Version;
                    }
                }

                if (mustRead)
                {
                    var snapshot = await store.Store.ReadAsync(cancellationToken);
                    var entry = snapshot.Entries.FirstOrDefault(entry => entry.Key == held.Lease.Key);
                    await held.ObserveAsync(entry?.Version ?? snapshot.Version, entry, cancellationToken);
                    _wake.Writer.TryWrite(true);
                    after = snapshot.Version;
                }
            }
            catch (LeaseStoreException exception)
            {
                await store.OutliveAsync("watch", exception, failures++, cancellationToken);
            }
        }
    }

    private async ValueTask ObserveAsync(StoreNotice.Changes changes, CancellationToken cancellationToken)
    {
        // Only the latest counts: an earlier one may be our own write, which a later one has overtaken.
        if (changes.Items.LastOrDefault(change => change.Key == held.Lease.Key) is { } change)
        {
            await held.ObserveAsync(change.Version, change.Entry, cancellationToken);
            _wake.Writer.TryWrite(true);
        }
    }

    private int Recover(int failures)
    {
        if (failures > 0)
        {
            store.Recovered("watch");
        }

        return 0;
    }
}
