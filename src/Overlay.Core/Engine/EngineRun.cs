using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Engine;

/// <summary>One run of the engine after a successful start: the loops, and what they know together.</summary>
internal sealed partial class EngineRun
{
    private static readonly TimeSpan _readyCheckPeriod = TimeSpan.FromMilliseconds(50);

    private readonly EngineParts _parts;
    private readonly EngineSession _session;
    private readonly PeerLoop _peers;
    private readonly OwnLeaseLoop _keeper;
    private readonly FirewallKeeper _firewall;
    private readonly SubnetFileKeeper _subnetFile;
    private readonly ConfigurationFollower _configuration;
    private readonly NodeHealthLoop _health;
    private readonly Readiness _readiness;

    public EngineRun(EngineParts parts, EngineSession session)
    {
        _parts = parts;
        _session = session;
        _peers = new PeerLoop(parts, session);
        _keeper = new OwnLeaseLoop(parts, session);
        _firewall = new FirewallKeeper(parts, session);
        _subnetFile = new SubnetFileKeeper(parts, session);
        _configuration = new ConfigurationFollower(parts, session);
        _health = new NodeHealthLoop(parts, session);
        _readiness = new Readiness(session, _peers, _firewall, _subnetFile);
    }

    public bool HasCommitted => _peers.FirstCommit.IsCompletedSuccessfully;

    public OverlayStatus Status() => new()
    {
        Conditions = _readiness.Read(),
        Configuration = _session.Configuration.Current,
        Underlay = _session.Underlay.Current,
        Lease = _peers.Stored.Current.Lease,
        LeaseWritten = _peers.Stored.Current.Written,
        Mtu = _session.Networks.Facts.Current.Mtu,
        Networks = _session.Networks.Report(),
        Refused = _session.Networks.Refused,
        StoreFault = (_parts.Leases as IStoreHealth)?.StoreFault,
    };

    /// <summary>Runs all loops until cancelled or until the lease is another's. A loop that fails ends all.</summary>
    /// <param name="ready">Called once, when the node is ready for the first time.</param>
    /// <param name="cancellationToken">Ends it; the loops have ended when this returns.</param>
    public async Task<EngineEnd> RunAsync(Action ready, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var keeper = _keeper.RunAsync(ending.Token);
        var loops = new List<Task>
        {
            keeper,
            _peers.RunAsync(ending.Token),
            _firewall.RunAsync(ending.Token),
            _session.Networks.FollowAsync(ending.Token),
            _configuration.RunAsync(ending.Token),
            _subnetFile.RunAsync(Task.WhenAll(_peers.FirstCommit, _firewall.InPlace), ending.Token),
            WatchReadinessAsync(ready, ending.Token),
        };
        var running = new List<Task>(loops);
        while (running.Count > 0)
        {
            var ended = await Task.WhenAny(running);
            running.Remove(ended);
            if (ended == keeper || !ended.IsCompletedSuccessfully)
            {
                await ending.CancelAsync();
            }
        }

        var failure = loops.FirstOrDefault(loop => loop.IsFaulted);
        if (failure is not null)
        {
            await failure;
        }

        return keeper.IsCompletedSuccessfully ? await keeper : EngineEnd.Stopped;
    }

    // The networks announce no change of their status, so this looks until all is there; after that nothing is polled.
    private async Task WatchReadinessAsync(Action ready, CancellationToken cancellationToken)
    {
        // The file is written last.
        await _subnetFile.Written.WaitAsync(cancellationToken);
        while (!Status().IsReady)
        {
            await Task.Delay(_readyCheckPeriod, _parts.Clock, cancellationToken);
        }

        Log.Ready(_parts.Logger);
        ready();
        await _health.RunAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Engine + 60, LogLevel.Information, "The node is ready")]
        public static partial void Ready(ILogger logger);
    }
}
