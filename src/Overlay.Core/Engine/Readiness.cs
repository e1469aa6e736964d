using System.Globalization;

namespace Overlay.Core.Engine;

/// <summary>Whether the node is ready. What was known at start must have been programmed once; from then on single peers and outages of the store
/// do not count, so that a rollout never waits for a broken neighbour.</summary>
internal sealed class Readiness(EngineSession session, PeerLoop peers, FirewallKeeper firewall, SubnetFileKeeper subnetFile)
{
    private volatile bool _hasProgrammed;

    /// <summary>Reads how things stand.</summary>
    public IReadOnlyList<ReadinessCondition> Read()
    {
        var reports = session.Networks.Report();
        var pending = reports.Sum(report => report.Status.Pending);
        var entries = reports.Sum(report => report.Status.Entries);
        var failed = reports.Sum(report => report.Status.Failed.Count);
        var refused = reports.Sum(report => report.Status.Refused.Count) + session.Networks.Refused.Count;
        _hasProgrammed |= peers.FirstCommit.IsCompletedSuccessfully && pending == 0;
        var fault = session.Networks.Facts.Current.Fault;
        return
        [
            new ReadinessCondition("network", fault is null, fault ?? "open"),
            new ReadinessCondition(
                "peers",
                _hasProgrammed,
                peers.FirstCommit.IsCompletedSuccessfully
                    ? string.Create(CultureInfo.InvariantCulture, $"{entries} entries, {pending} pending, {failed} failed, {refused} peers refused")
                    : "waiting for the leases of the others"),
            new ReadinessCondition("firewall", firewall.Fault.Length == 0, firewall.Fault.Length == 0 ? "in place" : firewall.Fault),
            new ReadinessCondition("subnet-file", subnetFile.Fault is null, subnetFile.Fault ?? "written"),
        ];
    }
}
