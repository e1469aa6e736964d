using System.Runtime.CompilerServices;

namespace Overlay.Core.Leases;

/// <summary>Turns a store's watch into batches of leases: a snapshot at start and after every gap, changes in between. It goes on through outages.</summary>
internal static class LeaseWatch
{
    /// <summary>Watches until cancelled.</summary>
    public static async IAsyncEnumerable<LeaseBatch> RunAsync(StoreAccess store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var (leases, version) = await ReadAsync(store, cancellationToken);
            yield return new LeaseBatch.Snapshot([.. leases.Select(lease => lease.ToLease()).OfType<Lease>()]);
            await foreach (var batch in FollowAsync(store, version, cancellationToken))
            {
                yield return batch;
            }
        }
    }

    /// <summary>Changes after a version, until the store has lost its history. An outage goes on where it began.</summary>
    private static async IAsyncEnumerable<LeaseBatch> FollowAsync(StoreAccess store, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var failures = 0;
        while (true)
        {
            await using var notices = store.Store.WatchAsync(after, null, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(notices) is { } notice)
            {
                if (notice is not StoreNotice.Changes changes)
                {
                    yield break;
                }

                after = changes.Version;
                if (Interpret(store, changes) is { Count: > 0 } items)
                {
                    yield return new LeaseBatch.Changes(items);
                }
            }
        }

        // A yield cannot stand in a try with a catch: null says that the watch broke off.
        async ValueTask<StoreNotice?> NextAsync(IAsyncEnumerator<StoreNotice> notices)
        {
            try
            {
                var notice = await notices.MoveNextAsync() ? notices.Current : null;
                if (failures > 0)
                {
                    store.Recovered("watch");
                    failures = 0;
                }

                return notice;
            }
            catch (LeaseStoreException exception)
            {
                await store.OutliveAsync("watch", exception, failures++, cancellationToken);
                return null;
            }
        }
    }

    private static List<LeaseChange> Interpret(StoreAccess store, StoreNotice.Changes changes)
    {
        var items = new List<LeaseChange>(changes.Items.Count);
        foreach (var change in changes.Items)
        {
            if (change.Entry is null)
            {
                items.Add(new LeaseChange.Removed(change.Key));
            }
            else if (store.Interpret(change.Entry) is { Value: not null } lease)
            {
                // A reservation that its node has given back is no peer any more.
                items.Add(lease.ToLease() is { } peer ? new LeaseChange.Written(peer) : new LeaseChange.Removed(change.Key));
            }
        }

        return items;
    }

    /// <summary>Here even a store that refuses is tried again: peers that are known stay known.</summary>
    private static async ValueTask<(IReadOnlyList<StoredLease> Leases, long Version)> ReadAsync(StoreAccess store, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await store.ReadAsync(cancellationToken);
            }
            catch (LeaseStoreException exception)
            {
                await store.OutliveAsync("read", exception, attempt, cancellationToken);
            }
        }
    }
}
