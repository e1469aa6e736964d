using System.Runtime.CompilerServices;
using Google.Protobuf;
using Overlay.Core.Leases;
using Overlay.Etcd.Connection;
using Overlay.Etcd.Protocol;

namespace Overlay.Etcd;

/// <summary>A lease store in etcd v3, in flannel's keys. Etcd alone decides what has expired: no node's clock has a say in that.</summary>
internal sealed class EtcdLeaseStore(EtcdClient client, EtcdKeys keys, TimeProvider clock, Random random) : ILeaseStore
{
    // Ten thousand leases, the size that the design is for, and some more are one request.
    private const int PageSize = 20_000;

    // The generator is not safe for several threads.
    private readonly Lock _randomLock = new();

    /// <inheritdoc/>
    public async ValueTask<StoreSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        var entries = new List<StoreEntry>();
        var request = new RangeRequest { Key = keys.FirstLease, RangeEnd = keys.AfterLeases, Limit = PageSize };
        while (true)
        {
            var page = await client.RangeAsync(request, EtcdClient.Long, cancellationToken);
            entries.EnsureCapacity(entries.Count + page.Kvs.Count);
            entries.AddRange(page.Kvs.Select(Read));
            if (request.Revision == 0)
            {
                // Further pages are of the first one's moment.
                request.Revision = page.Header.Revision;
            }

            if (!page.More)
            {
                return new StoreSnapshot(request.Revision, entries);
            }

            request.Key = EtcdKeys.Next(page.Kvs[^1].Key);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<StoreVerdict> TryWriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        var expires = write.Value is null ? null : RoundUp(clock.GetUtcNow() + write.TimeToLive);
        var lease = expires is { } end ? await GrantAsync(end, write.TimeToLive!.Value, cancellationToken) : 0;
        var answer = await client.TxnAsync(EtcdTransaction.Of(write, keys, lease), cancellationToken);
        var before = answer.Responses[0].ResponseRange.Kvs.FirstOrDefault();
        if (!answer.Succeeded)
        {
            await RevokeAsync(lease, cancellationToken);
            return new StoreVerdict(false, before is null ? null : await ReadExactlyAsync(before, cancellationToken));
        }

        await RevokeAsync(before?.Lease ?? 0, cancellationToken);
        return new StoreVerdict(true, write.Value is not { } value ? null : new StoreEntry
        {
            Key = write.Key,
            Value = value,
            Version = answer.Header.Revision,
            CreateVersion = before?.CreateRevision ?? answer.Header.Revision,
            Expires = expires,
        });
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreNotice> WatchAsync(long after, string? key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var watch = key is null ? new EtcdWatch(client, keys.FirstLease, keys.AfterLeases) : new EtcdWatch(client, keys.OfLease(key), ByteString.Empty);
        await foreach (var progress in watch.RunAsync(after, cancellationToken))
        {
            if (progress.IsLost)
            {
                yield return new StoreNotice.HistoryLost();
                yield break;
            }

            var changes = new List<StoreChange>(progress.Events.Count);
            foreach (var change in progress.Events)
            {
                // Who watches one key has written it, and must know when it ends. The watch of all leases asks nothing.
                changes.Add(new StoreChange(
                    keys.LeaseOf(change.Kv.Key),
                    change.Kv.ModRevision,
                    change.Type == Event.Types.EventType.Delete ? null : key is null ? Read(change.Kv) : await ReadExactlyAsync(change.Kv, cancellationToken)));
            }

            yield return new StoreNotice.Changes(changes, progress.Revision);
        }
    }

    private static DateTimeOffset? RoundUp(DateTimeOffset? time) =>
        time is { } exact ? DateTimeOffset.FromUnixTimeSeconds((exact.ToUnixTimeMilliseconds() + 999) / 1000) : null;

    private StoreEntry Read(KeyValue entry) => Read(entry, EtcdLeaseId.ReadExpiry(entry.Lease) ?? DateTimeOffset.MaxValue);

    private StoreEntry Read(KeyValue entry, DateTimeOffset expires) => new()
    {
        Key = keys.LeaseOf(entry.Key),
        Value = entry.Value.Memory,
        Version = entry.ModRevision,
        CreateVersion = entry.CreateRevision,
        // A key without a lease is a reservation (flannel-facts 3.14).
        Expires = entry.Lease == 0 ? null : expires,
    };

    /// <summary>Reads an entry that may be under a lease of flannel's or an administrator's, whose id does not tell its end.</summary>
    private async ValueTask<StoreEntry> ReadExactlyAsync(KeyValue entry, CancellationToken cancellationToken) =>
        entry.Lease == 0 || EtcdLeaseId.ReadExpiry(entry.Lease) is not null
            ? Read(entry)
            : Read(entry, clock.GetUtcNow() + TimeSpan.FromSeconds(Math.Max(await client.ReadTimeToLiveAsync(entry.Lease, cancellationToken), 0)));

    private async Task<long> GrantAsync(DateTimeOffset expires, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        while (true)
        {
            long id;
            lock (_randomLock)
            {
                id = EtcdLeaseId.Create(expires, random);
            }

            // Nodes that start in one second may draw the same number.
            if (await client.TryGrantAsync(id, Math.Max((long)Math.Ceiling(timeToLive.TotalSeconds), 1), cancellationToken))
            {
                return id;
            }
        }
    }

    /// <summary>Ends an etcd lease that lost its key. Only ours have never more than one key; others are left to end by themselves.</summary>
    private Task RevokeAsync(long lease, CancellationToken cancellationToken) =>
        lease != 0 && EtcdLeaseId.ReadExpiry(lease) is not null ? client.RevokeAsync(lease, cancellationToken) : Task.CompletedTask;
}
