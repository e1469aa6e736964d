using Microsoft.Extensions.Logging;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Linux.Backends;
using Overlay.Linux.Kernel;

namespace Overlay.WireGuard.Backend;

/// <summary>A planned network with a guard beneath it: routes that refuse packets to the network while no tunnel takes them, because the default route
/// would send them in clear. They come before everything else, and stay when the node leaves: its workloads may go on sending. See
/// docs/decisions/0058-the-guard-beneath-the-tunnel.md.</summary>
internal sealed partial class WireGuardNetwork : IOverlayNetwork, IGuardedNetwork
{
    private const string Guard = "guard";

    private readonly IKernelReconciler _kernel;
    private readonly PlannedNetwork _tunnels;
    private readonly IKernelScope _guard;
    private readonly SubnetPair _network;
    private readonly bool _isRehearsal;
    private readonly ILogger _logger;
    private readonly SharedKeys _sharedKeys = new();
    private volatile IReadOnlyList<RefusedPeer> _unserved = [];
    private bool _hasServed;

    public WireGuardNetwork(IKernelReconciler kernel, PlannedNetwork tunnels, SubnetPair network, bool isRehearsal, ILogger logger)
    {
        _logger = logger;
        _kernel = kernel;
        _tunnels = tunnels;
        _network = network;
        _isRehearsal = isRehearsal;
        // Its routes are inside the claim of the network, which finds what an earlier run has left.
        _guard = kernel.OpenScope(new ScopeClaim($"{WireGuardPlanner.BackendType} guard", [], []));
    }

    public Live<NetworkFacts> Facts => _tunnels.Facts;

    public NetworkStatus Status
    {
        get
        {
            var status = _tunnels.Status;
            var (entries, pending, failed) = _guard.Status;
            // A peer that is refused for another reason is counted once.
            RefusedPeer[] unserved = [.. _unserved.ExceptBy(status.Refused.Select(peer => peer.LeaseKey), peer => peer.LeaseKey)];
            return status with
            {
                Peers = status.Peers - unserved.Length,
                Entries = status.Entries + entries,
                Pending = status.Pending + pending,
                Failed = [.. status.Failed, .. failed],
                Refused = [.. status.Refused, .. unserved],
            };
        }
    }

    public IReadOnlyList<string> Guards => _hasServed
        ? [.. WireGuardPlanner.PlanGuard(_network).Select(route => $"{route}: no workload's packet leaves in clear; 'overlayd cleanup' removes it")]
        : [];

    public async ValueTask ActivateAsync(Lease own, CancellationToken cancellationToken)
    {
        _guard.Replace(Guard, WireGuardPlanner.PlanGuard(_network));
        if (!_isRehearsal)
        {
            await _kernel.CommitAsync(cancellationToken);
        }

        await _tunnels.ActivateAsync(own, cancellationToken);
    }

    public ValueTask ApplyAsync(LeaseBatch batch, CancellationToken cancellationToken)
    {
        _hasServed = true;
        batch = SharedKeys.InOrder(batch);
        _sharedKeys.Take(batch);
        var before = _unserved;
        _unserved = _sharedKeys.Refused;
        foreach (var peer in _unserved.Except(before))
        {
            Log.SharedKey(_logger, peer.LeaseKey, peer.Reason);
        }

        return _tunnels.ApplyAsync(batch, cancellationToken);
    }

    public async ValueTask RemoveAsync(CancellationToken cancellationToken)
    {
        await _tunnels.RemoveAsync(cancellationToken);
        if (!_hasServed)
        {
            // The start has failed, and a first start leaves nothing behind.
            _guard.Replace(Guard, []);
            await _kernel.CommitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _tunnels.DisposeAsync();
        await _guard.DisposeAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.WireGuardBackend + 21, LogLevel.Warning, "Peer {Lease} is not served: {Reason}")]
        public static partial void SharedKey(ILogger logger, string lease, string reason);
    }
}
