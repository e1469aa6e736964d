using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>List, watch, apply, in store order. It alone drives the networks; what has come in by the time that the kernel is free is one commit over all of
/// them. So batches grow while changes come faster than the kernel takes them one by one, and no queue does.</summary>
internal sealed partial class PeerLoop(EngineParts parts, EngineSession session)
{
    // A flood must not keep what has come in from the kernel.
    private const int MostTogether = 1_000;

    private readonly TaskCompletionSource _firstCommit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Lease _seenOwn = session.Own.Current;

    /// <summary>Completes when everything that was known at start was tried once.</summary>
    public Task FirstCommit => _firstCommit.Task;

    /// <summary>The own lease as the store shows it, with the expiry of its last renewal.</summary>
    public Live<LeaseSighting> Stored { get; } = new(new LeaseSighting(session.Own.Current, parts.Clock.GetUtcNow()));

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // The first commit waits for the first snapshot: before it, what an earlier run left is not yet known to be right.
        await session.Networks.ActivateAsync(_seenOwn, cancellationToken);
        var delay = new RetryDelay(parts.Clock);
        while (true)
        {
            try
            {
                await FollowAsync(delay, cancellationToken);
            }
            catch (OverlayException exception)
            {
                Log.WatchFailed(parts.Logger, exception.Message);
                parts.Metrics.StoreFailed("watch");
            }

            await delay.WaitAsync(cancellationToken);
        }
    }

    private async Task FollowAsync(RetryDelay delay, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var batches = parts.Leases.WatchAsync(ending.Token).GetAsyncEnumerator(ending.Token);
        var next = batches.MoveNextAsync().AsTask();
        var otherOwn = WaitForOtherOwnAsync(ending.Token);
        try
        {
            while (true)
            {
                await Task.WhenAny(next, otherOwn);
                if (otherOwn.IsCompleted)
                {
                    await TakeOwnAsync(await otherOwn, cancellationToken);
                    otherOwn = WaitForOtherOwnAsync(ending.Token);
                    continue;
                }

                if (!await next)
                {
                    return;
                }

                var (started, count) = (parts.Clock.GetTimestamp(), 0);
                do
                {
                    count += await RecordAsync(batches.Current, cancellationToken);
                    next = batches.MoveNextAsync().AsTask();
                }
                while (count < MostTogether && next is { IsCompletedSuccessfully: true, Result: true });

                await ApplyAsync(count, started, cancellationToken);
                delay.Reset();
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAny(next);
            await Task.WhenAny(otherOwn);
            await batches.DisposeAsync();
        }
    }

    private Task<Lease> WaitForOtherOwnAsync(CancellationToken cancellationToken) =>
        session.Own.WaitForOtherThanAsync(_seenOwn, cancellationToken).AsTask();

    private async Task TakeOwnAsync(Lease own, CancellationToken cancellationToken)
    {
        var before = _seenOwn;
        _seenOwn = own;
        Stored.Set(new LeaseSighting(own, parts.Clock.GetUtcNow()));
        if (own.Subnets == before.Subnets && own.Attributes == before.Attributes)
        {
            return;
        }

        await session.Networks.ActivateAsync(own, cancellationToken);
        if (own.Key != before.Key)
        {
            // Somebody may have taken the old subnet, and the watch may have shown the new one before it was known to be ours.
            await session.Networks.ApplyAllAsync(own.Key, cancellationToken);
        }

        await CommitAsync(cancellationToken);
    }

    /// <summary>Hands a batch out to the networks; gives how many leases or changes it has.</summary>
    private async Task<int> RecordAsync(LeaseBatch batch, CancellationToken cancellationToken)
    {
        await session.Networks.ApplyAsync(batch, _seenOwn.Key, cancellationToken);
        NoteOwn(batch);
        return batch is LeaseBatch.Changes changes ? changes.Items.Count : ((LeaseBatch.Snapshot)batch).Leases.Count;
    }

    private async Task ApplyAsync(int count, long started, CancellationToken cancellationToken)
    {
        await CommitAsync(cancellationToken);
        var duration = parts.Clock.GetElapsedTime(started);
        parts.Metrics.BatchApplied(duration);
        Log.Applied(parts.Logger, count, duration.TotalMilliseconds);
        _firstCommit.TrySetResult();
    }

    private async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (parts.DataPlane is { } dataPlane)
        {
            await dataPlane.CommitAsync(cancellationToken);
        }
    }

    private void NoteOwn(LeaseBatch batch)
    {
        var own = batch switch
        {
            LeaseBatch.Snapshot snapshot => snapshot.Leases.LastOrDefault(lease => lease.Subnets == _seenOwn.Subnets),
            LeaseBatch.Changes changes => changes.Items.OfType<LeaseChange.Written>().LastOrDefault(change => change.Lease.Subnets == _seenOwn.Subnets)?.Lease,
            _ => null,
        };
        if (own is not null && own.Version != Stored.Current.Lease.Version)
        {
            Stored.Set(new LeaseSighting(own, parts.Clock.GetUtcNow()));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Engine + 10, LogLevel.Warning, "The watch of the leases has ended and starts again: {Reason}")]
        public static partial void WatchFailed(ILogger logger, string reason);

        [LoggerMessage(EventIds.Engine + 11, LogLevel.Debug, "Applied {Count} leases or changes in {Milliseconds} ms")]
        public static partial void Applied(ILogger logger, int count, double milliseconds);
    }
}
