using Overlay.Core.Backends;
using Overlay.Core.Leases;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>Leases that publish one key. A device has one peer of a key, so that only one of them is served: of those that are there together the one that lives longest,
/// after that whoever comes last, which is where a node that has moved to another subnet is. Not for two threads at once.</summary>
internal sealed class SharedKeys
{
    private readonly Dictionary<string, PublicKey[]> _keysOf = new(StringComparer.Ordinal);
    private readonly Dictionary<PublicKey, List<string>> _shared = [];
    private readonly Dictionary<PublicKey, string> _owners = [];

    /// <summary>The leases that are not served, and why.</summary>
    public IReadOnlyList<RefusedPeer> Refused => [.. _shared
        .SelectMany(shared => shared.Value.SkipLast(1).Select(lease => new RefusedPeer(lease, Describe(shared.Key, shared.Value[^1]))))
        .DistinctBy(refused => refused.LeaseKey)
        .OrderBy(refused => refused.LeaseKey, StringComparer.Ordinal)];

    /// <summary>The same leases, the one that is to be served behind the others: who asks last for a peer in the kernel gets it.</summary>
    public static LeaseBatch InOrder(LeaseBatch batch) => batch is LeaseBatch.Snapshot snapshot
        ? new LeaseBatch.Snapshot([.. snapshot.Leases.OrderBy(lease => lease.Expires ?? DateTimeOffset.MaxValue).ThenBy(lease => lease.Key, StringComparer.Ordinal)])
        : batch;

    /// <summary>Takes in a batch.</summary>
    public void Take(LeaseBatch batch)
    {
        switch (batch)
        {
            case LeaseBatch.Snapshot snapshot:
                var there = snapshot.Leases.Select(lease => lease.Key).ToHashSet(StringComparer.Ordinal);
                foreach (var gone in _keysOf.Keys.Where(key => !there.Contains(key)).ToArray())
                {
                    Remove(gone);
                }

                foreach (var lease in snapshot.Leases)
                {
                    Put(lease);
                }

                break;
            case LeaseBatch.Changes changes:
                foreach (var change in changes.Items)
                {
                    Take(change);
                }

                break;
        }
    }

    private static string Describe(PublicKey key, string served) =>
        $"its key {key} is also that of {served}, which is served; release the lease of a node that is gone, or delete the key file of the one that is a copy";

    private static PublicKey[] KeysOf(Lease lease)
    {
        var hasIPv4 = WireGuardPeerData.TryRead(lease.Attributes.BackendData, out var v4, out _);
        var hasIPv6 = WireGuardPeerData.TryRead(lease.Attributes.BackendV6Data, out var v6, out _);
        return (hasIPv4, hasIPv6) switch
        {
            (true, true) when v4.PublicKey != v6.PublicKey => [v4.PublicKey, v6.PublicKey],
            (true, _) => [v4.PublicKey],
            (_, true) => [v6.PublicKey],
            _ => [],
        };
    }

    private void Take(LeaseChange change)
    {
        switch (change)
        {
            case LeaseChange.Written written:
                Put(written.Lease);
                break;
            case LeaseChange.Removed removed:
                Remove(removed.Key);
                break;
        }
    }

    // Whoever has asked before keeps its turn.
    private void Put(Lease lease)
    {
        var keys = KeysOf(lease);
        var before = _keysOf.GetValueOrDefault(lease.Key) ?? [];
        foreach (var key in before.Except(keys))
        {
            Leave(key, lease.Key);
        }

        foreach (var key in keys.Except(before))
        {
            Join(key, lease.Key);
        }

        _keysOf[lease.Key] = keys;
    }

    private void Remove(string lease)
    {
        if (_keysOf.Remove(lease, out var keys))
        {
            Array.ForEach(keys, key => Leave(key, lease));
        }
    }

    // Nearly all keys have one owner, and no list.
    private void Join(PublicKey key, string lease)
    {
        if (_owners.TryAdd(key, lease))
        {
            return;
        }

        if (!_shared.TryGetValue(key, out var leases))
        {
            _shared.Add(key, leases = [_owners[key]]);
        }

        leases.Add(lease);
    }

    private void Leave(PublicKey key, string lease)
    {
        if (!_shared.TryGetValue(key, out var leases))
        {
            _owners.Remove(key);
            return;
        }

        leases.Remove(lease);
        _owners[key] = leases[0];
        if (leases.Count == 1)
        {
            _shared.Remove(key);
        }
    }
}
