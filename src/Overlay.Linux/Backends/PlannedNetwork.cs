using Microsoft.Extensions.Logging;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends;

using Underlay = Core.Backends.Underlay;

/// <summary>A running network made of a planner: it plans the own devices and every peer into a scope of the reconciler, and plans them again when
/// the underlay changes. A custom backend needs nothing but its planner.</summary>
public sealed partial class PlannedNetwork : IOverlayNetwork
{
    /// <summary>The owner, in the scope, of this node's own entries; no lease has such a key.</summary>
    public const string OwnEntries = "own";

    private readonly Lock _lock = new();
    private readonly IKernelReconciler _kernel;
    private readonly IKernelScope _scope;
    private readonly Live<Underlay> _underlay;
    private readonly Func<Underlay, INetworkPlanner> _plannerFor;
    private readonly bool _hasBlackhole;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<INetworkGuard> _guards;
    private readonly List<IDisposable> _watches = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _following;

    private readonly Dictionary<string, Lease> _peers = [];
    private readonly Dictionary<string, PeerPlan> _refused = [];
    private readonly SortedDictionary<int, string> _faults = [];
    private INetworkPlanner _planner;
    private Lease? _own;

    /// <summary>Opens the scope; nothing is wanted in it before <see cref="ActivateAsync"/>.</summary>
    /// <param name="kernel">Carries out what is planned.</param>
    /// <param name="claim">Which entries of the kernel are the network's own.</param>
    /// <param name="context">Has the interface between nodes, which is followed unless this is a rehearsal.</param>
    /// <param name="plannerFor">Makes the planner for one state of the underlay.</param>
    /// <param name="logger">Takes what a person would want to know.</param>
    public PlannedNetwork(IKernelReconciler kernel, ScopeClaim claim, BackendContext context, Func<Underlay, INetworkPlanner> plannerFor, ILogger logger)
        : this(kernel, claim, context, plannerFor, logger, [])
    {
    }

    internal PlannedNetwork(
        IKernelReconciler kernel,
        ScopeClaim claim,
        BackendContext context,
        Func<Underlay, INetworkPlanner> plannerFor,
        ILogger logger,
        IReadOnlyList<INetworkGuard> guards)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(plannerFor);
        _kernel = kernel;
        _underlay = context.Underlay;
        _hasBlackhole = context.BlackholeOwnSubnet;
        _plannerFor = plannerFor;
        _logger = logger;
        // A guard changes what is outside the reconciler, and following commits: a rehearsal does neither.
        _guards = context.IsRehearsal ? [] : guards;
        var seen = _underlay.Current;
        _planner = plannerFor(seen);
        Facts = new Live<NetworkFacts>(_planner.Facts);
        _scope = kernel.OpenScope(claim);
        _following = context.IsRehearsal ? Task.CompletedTask : FollowAsync(seen);
    }

    /// <inheritdoc/>
    public Live<NetworkFacts> Facts { get; }

    /// <inheritdoc/>
    public NetworkStatus Status
    {
        get
        {
            var (entries, pending, failed) = _scope.Status;
            lock (_lock)
            {
                var refused = _refused.OrderBy(peer => peer.Key, StringComparer.Ordinal).Select(peer => new RefusedPeer(peer.Key, peer.Value.Refusal!)).ToArray();
                return new NetworkStatus(_peers.Count - _refused.Values.Count(plan => plan.Entries.Count == 0), entries, pending, failed, refused);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask ActivateAsync(Lease own, CancellationToken cancellationToken)
    {
        var isFirst = false;
        lock (_lock)
        {
            isFirst = _own is null;
            _own = own;
            PlanAll();
        }

        if (isFirst)
        {
            for (var i = 0; i < _guards.Count; i++)
            {
                var source = i;
                _watches.Add(_guards[i].Start(_underlay.Current, fault => Report(source, fault)));
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ApplyAsync(LeaseBatch batch, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            switch (batch)
            {
                case LeaseBatch.Snapshot snapshot:
                    Take(snapshot.Leases);
                    break;
                case LeaseBatch.Changes changes:
                    foreach (var change in changes.Items)
                    {
                        Take(change);
                    }

                    break;
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(CancellationToken cancellationToken)
    {
        StopWatches();
        lock (_lock)
        {
            _own = null;
            _peers.Clear();
            _refused.Clear();
            _scope.RetainOnly(new HashSet<string>());
        }

        await _kernel.CommitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested)
        {
            return;
        }

        await _closing.CancelAsync();
        StopWatches();
        await _following;
        await _scope.DisposeAsync();
    }

    private void Take(IReadOnlyList<Lease> leases)
    {
        _peers.Clear();
        foreach (var lease in leases)
        {
            _peers[lease.Key] = lease;
        }

        foreach (var gone in _refused.Keys.Where(key => !_peers.ContainsKey(key)).ToArray())
        {
            _refused.Remove(gone);
        }

        _scope.RetainOnly(new HashSet<string>(_peers.Keys) { OwnEntries });
        PlanAll();
    }

    private void Take(LeaseChange change)
    {
        switch (change)
        {
            case LeaseChange.Written written:
                _peers[written.Lease.Key] = written.Lease;
                PlanPeer(written.Lease);
                break;
            case LeaseChange.Removed removed when _peers.Remove(removed.Key):
                _refused.Remove(removed.Key);
                _scope.Replace(removed.Key, []);
                break;
        }
    }

    private void PlanAll()
    {
        if (_own is null)
        {
            return;
        }

        var own = _planner.PlanOwn(_own);
        _scope.Replace(OwnEntries, _hasBlackhole ? [.. own, .. Routes.Blackholes(_own.Subnets)] : own);
        foreach (var peer in _peers.Values)
        {
            PlanPeer(peer);
        }
    }

    private void PlanPeer(Lease peer)
    {
        if (_own is null)
        {
            return;
        }

        var plan = _planner.Plan(_own, peer);
        _scope.Replace(peer.Key, plan.Entries);
        if (plan.Refusal is null)
        {
            _refused.Remove(peer.Key);
            return;
        }

        if (!_refused.TryGetValue(peer.Key, out var before) || before.Refusal != plan.Refusal)
        {
            Log.Refused(_logger, peer.Key, plan.Refusal);
        }

        _refused[peer.Key] = plan;
    }

    private async Task FollowAsync(Underlay seen)
    {
        while (true)
        {
            try
            {
                seen = await _underlay.WaitForOtherThanAsync(seen, _closing.Token);
                lock (_lock)
                {
                    _planner = _plannerFor(seen);
                    PlanAll();
                    SetFacts();
                }

                await _kernel.CommitAsync(_closing.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                // This network was closed, or the reconciler was.
                return;
            }
            catch (OverlayException exception)
            {
                // The reconciler goes on trying by itself; the next change of the underlay plans anew.
                Log.CannotFollow(_logger, exception.Message);
            }
        }
    }

    private void Report(int source, string? fault)
    {
        lock (_lock)
        {
            if (fault is null)
            {
                _faults.Remove(source);
            }
            else
            {
                _faults[source] = fault;
            }

            SetFacts();
        }
    }

    private void SetFacts()
    {
        var facts = _planner.Facts;
        var faults = facts.Fault is null ? _faults.Values : _faults.Values.Prepend(facts.Fault);
        Facts.Set(facts with { Fault = string.Join("; ", faults) is { Length: > 0 } text ? text : null });
    }

    private void StopWatches()
    {
        foreach (var watch in _watches)
        {
            watch.Dispose();
        }

        _watches.Clear();
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Backends + 0, LogLevel.Warning, "Peer {Lease} is refused: {Reason}")]
        public static partial void Refused(ILogger logger, string lease, string reason);

        [LoggerMessage(EventIds.Backends + 1, LogLevel.Warning, "The network could not follow its underlay: {Reason}")]
        public static partial void CannotFollow(ILogger logger, string reason);
    }
}
