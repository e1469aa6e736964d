using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.Linux.Backends.Alloc;

using Underlay = Core.Backends.Underlay;

/// <summary>A network that gives nodes their subnets and leaves the routes between them to somebody else (flannel-facts 5.A).</summary>
internal sealed class AllocNetwork : IOverlayNetwork
{
    private readonly AddressFamilies _families;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _following;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _peers = [];

    public AllocNetwork(AddressFamilies families, Live<Underlay> underlay)
    {
        _families = families;
        var seen = underlay.Current;
        Facts = new Live<NetworkFacts>(Describe(seen));
        _following = FollowAsync(underlay, seen);
    }

    public Live<NetworkFacts> Facts { get; }

    public NetworkStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new NetworkStatus(_peers.Count, Entries: 0, Pending: 0, Failed: [], Refused: []);
            }
        }
    }

    public ValueTask ActivateAsync(Lease own, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask ApplyAsync(LeaseBatch batch, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            switch (batch)
            {
                case LeaseBatch.Snapshot snapshot:
                    _peers.Clear();
                    _peers.UnionWith(snapshot.Leases.Select(lease => lease.Key));
                    break;
                case LeaseBatch.Changes changes:
                    foreach (var change in changes.Items)
                    {
                        _ = change switch
                        {
                            LeaseChange.Written written => _peers.Add(written.Lease.Key),
                            LeaseChange.Removed removed => _peers.Remove(removed.Key),
                            _ => false,
                        };
                    }

                    break;
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask RemoveAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _following;
        _closing.Dispose();
    }

    private NetworkFacts Describe(Underlay underlay) => new()
    {
        Mtu = underlay.Mtu,
        Attributes = new LeaseAttributes
        {
            PublicAddresses = new AddressPair(
                _families.HasFlag(AddressFamilies.IPv4) ? underlay.PublicAddresses.IPv4 : null,
                _families.HasFlag(AddressFamilies.IPv6) ? underlay.PublicAddresses.IPv6 : null),
        },
        Fault = underlay.Fault,
    };

    private async Task FollowAsync(Live<Underlay> underlay, Underlay seen)
    {
        try
        {
            while (true)
            {
                seen = await underlay.WaitForOtherThanAsync(seen, _closing.Token);
                Facts.Set(Describe(seen));
            }
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
    }
}
