using System.Diagnostics.Metrics;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Engine;

/// <summary>The gauges that the engine's status feeds; docs/metrics.md lists them.</summary>
internal sealed class EngineMetrics(OverlayEngine engine, TimeProvider clock)
{
    public void Register(OverlayMetrics metrics)
    {
        metrics.Observe("overlay.ready", "1", "1 when every condition of readiness is met, else 0.", () => One(engine.ReadStatus().IsReady ? 1 : 0));
        metrics.Observe("overlay.mtu", "By", "The largest packet a workload may send.", () => engine.ReadStatus().Mtu is > 0 and var mtu ? One(mtu) : []);
        metrics.Observe("overlay.lease.age", "s", "Time since the own lease was last written: taken, renewed or changed.", LeaseAge);
        metrics.Observe("overlay.lease.remaining", "s", "Time until the own lease ends without renewal.", LeaseRemaining);
        metrics.Observe("overlay.store.reachable", "1", "1 while the lease store answers, else 0.", () => One(engine.ReadStatus().StoreFault is null ? 1 : 0));
        metrics.Observe("overlay.peers", "{peer}", "Peers that the network serves.", () => PerNetwork(report => report.Status.Peers));
        metrics.Observe("overlay.peers.refused", "{peer}", "Peers that no open network serves, or that theirs refuses.", Refused);
        metrics.Observe("overlay.entries.pending", "{entry}", "Wanted entries that were not tried yet.", () => PerNetwork(report => report.Status.Pending));
        metrics.Observe("overlay.entries.failed", "{entry}", "Wanted entries that the kernel has refused.", () => PerNetwork(report => report.Status.Failed.Count));
    }

    private static Measurement<double>[] One(double value) => [new Measurement<double>(value)];

    private IEnumerable<Measurement<double>> PerNetwork(Func<NetworkReport, double> read) =>
        engine.ReadStatus().Networks.Select(report => new Measurement<double>(read(report), new KeyValuePair<string, object?>("network", report.Backend)));

    private Measurement<double>[] Refused()
    {
        var status = engine.ReadStatus();
        return One(status.Refused.Count + status.Networks.Sum(report => report.Status.Refused.Count));
    }

    private Measurement<double>[] LeaseAge() =>
        engine.ReadStatus().LeaseWritten is { } written ? One((clock.GetUtcNow() - written).TotalSeconds) : [];

    private Measurement<double>[] LeaseRemaining() =>
        engine.ReadStatus().Lease?.Expires is { } expires ? One((expires - clock.GetUtcNow()).TotalSeconds) : [];
}
