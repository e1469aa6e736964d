using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>The open networks, and which of them has which peer: each lease goes to the network of its own backend type. One loop owns it; only
/// <see cref="Refused"/>, <see cref="Facts"/> and <see cref="Report"/> may be read by others.</summary>
internal sealed class NetworkSet
{
    private readonly Dictionary<string, OpenNetwork> _byLeaseType;
    private readonly IReadOnlyList<OpenNetwork> _networks;
    private readonly Dictionary<string, Lease> _leases = [];
    private readonly SortedDictionary<string, RefusedPeer> _refusedByKey = new(StringComparer.Ordinal);

    /// <summary>Takes the networks, the configured one first.</summary>
    public NetworkSet(IReadOnlyList<OpenNetwork> networks)
    {
        _networks = networks;
        _byLeaseType = networks.ToDictionary(network => network.LeaseType, StringComparer.Ordinal);
        Facts = new Live<NodeFacts>(Merge());
    }

    public Live<NodeFacts> Facts { get; }

    public IReadOnlyList<RefusedPeer> Refused { get; private set; } = [];

    public IReadOnlyList<NetworkReport> Report() =>
        [.. _networks.Select(open => new NetworkReport(open.Backend, open.Network.Facts.Current, open.Network.Status))];

    public async ValueTask ActivateAsync(Lease own, CancellationToken cancellationToken)
    {
        foreach (var open in _networks)
        {
            await open.Network.ActivateAsync(own, cancellationToken);
        }
    }

    /// <summary>Hands the batch out to the networks, without the lease under <paramref name="ownKey"/>.</summary>
    public async ValueTask ApplyAsync(LeaseBatch batch, string ownKey, CancellationToken cancellationToken)
    {
        switch (batch)
        {
            case LeaseBatch.Snapshot snapshot:
                _leases.Clear();
                foreach (var lease in snapshot.Leases)
                {
                    _leases[lease.Key] = lease;
                }

                await ApplyAllAsync(ownKey, cancellationToken);
                break;
            case LeaseBatch.Changes changes:
                await ApplyChangesAsync(changes.Items, ownKey, cancellationToken);
                break;
        }
    }

    /// <summary>Hands all known leases out anew: the own key has changed.</summary>
    public async ValueTask ApplyAllAsync(string ownKey, CancellationToken cancellationToken)
    {
        var byNetwork = _networks.ToDictionary(open => open, _ => new List<Lease>());
        _refusedByKey.Clear();
        foreach (var (key, lease) in _leases)
        {
            if (key == ownKey)
            {
                continue;
            }

            if (Find(lease) is { } network)
            {
                byNetwork[network].Add(lease);
            }
            else
            {
                Refuse(key, lease);
            }
        }

        foreach (var (open, leases) in byNetwork)
        {
            await open.Network.ApplyAsync(new LeaseBatch.Snapshot(leases), cancellationToken);
        }

        Refused = [.. _refusedByKey.Values];
    }

    /// <summary>Follows what the networks say of themselves, until cancelled.</summary>
    public Task FollowAsync(CancellationToken cancellationToken) => Task.WhenAll(_networks.Select(async open =>
    {
        var seen = open.Network.Facts.Current;
        Facts.Update(_ => Merge());
        while (true)
        {
            seen = await open.Network.Facts.WaitForOtherThanAsync(seen, cancellationToken);
            Facts.Update(_ => Merge());
        }
    }));

    private async ValueTask ApplyChangesAsync(IReadOnlyList<LeaseChange> changes, string ownKey, CancellationToken cancellationToken)
    {
        var byNetwork = _networks.ToDictionary(open => open, _ => new List<LeaseChange>());
        foreach (var change in changes)
        {
            switch (change)
            {
                case LeaseChange.Written(var lease):
                    var key = lease.Key;
                    var before = _leases.GetValueOrDefault(key);
                    _leases[key] = lease;
                    // A renewal changes expiry and version only; no network needs to know.
                    if (key != ownKey && before?.Attributes != lease.Attributes)
                    {
                        Place(key, before is null ? null : Find(before), lease);
                    }

                    break;
                case LeaseChange.Removed removed:
                    if (_leases.Remove(removed.Key, out var gone) && removed.Key != ownKey && Find(gone) is { } last)
                    {
                        byNetwork[last].Add(removed);
                    }

                    _refusedByKey.Remove(removed.Key);
                    break;
            }
        }

        foreach (var (open, items) in byNetwork)
        {
            if (items.Count > 0)
            {
                await open.Network.ApplyAsync(new LeaseBatch.Changes(items), cancellationToken);
            }
        }

        Refused = [.. _refusedByKey.Values];

        void Place(string key, OpenNetwork? from, Lease lease)
        {
            var to = Find(lease);
            if (from is not null && from != to)
            {
                byNetwork[from].Add(new LeaseChange.Removed(key));
            }

            if (to is null)
            {
                Refuse(key, lease);
                return;
            }

            _refusedByKey.Remove(key);
            byNetwork[to].Add(new LeaseChange.Written(lease));
        }
    }

    private OpenNetwork? Find(Lease lease) => _byLeaseType.GetValueOrDefault(lease.Attributes.BackendType);

    private void Refuse(string key, Lease lease)
    {
        var type = lease.Attributes.BackendType is { Length: > 0 } name ? $"'{name}'" : "one that publishes no type (alloc, udp)";
        var own = string.Join(", ", _networks.Select(open => open.Backend));
        _refusedByKey[key] = new RefusedPeer(key, $"its backend is {type}, and this node runs {own}: give both the same Backend.Type");
    }

    private NodeFacts Merge()
    {
        var facts = _networks.Select(open => open.Network.Facts.Current).ToArray();
        var fault = string.Join("; ", facts.Where(fact => fact.Fault is not null).Select(fact => fact.Fault));
        return new NodeFacts(facts.Min(fact => fact.Mtu), facts[0].Attributes, fault.Length == 0 ? null : fault);
    }
}
