using Microsoft.Extensions.Logging;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Overlay.Linux.Underlay;

namespace Overlay.Linux.Workloads;

/// <summary>Changes the MTU of workloads and of their bridge when the overlay's changes. Everything runs on the watch's thread. Each workload is changed
/// once for each change of the overlay, so that nobody is fought with.</summary>
internal sealed partial class WorkloadMtuFollower(NetworkWatch watch, WorkloadNamespaces namespaces, TimeProvider clock, ILogger<WorkloadMtuFollower> logger)
    : IWorkloadFollower, IDisposable
{
    // A plugin is done long before.
    private static readonly TimeSpan _longestAdd = TimeSpan.FromMinutes(1);

    private readonly HashSet<int> _done = [];
    private WorkloadMtu? _wanted;
    private DateTimeOffset _until;
    private IDisposable? _listening;

    /// <inheritdoc/>
    public async ValueTask FollowAsync(WorkloadMtu wanted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        if (wanted.Former is null || wanted.Former == wanted.Mtu)
        {
            return;
        }

        await watch.RunAsync(netlink =>
        {
            (_wanted, _until) = (wanted, clock.GetUtcNow() + _longestAdd);
            _done.Clear();
            Look(netlink);
            return true;
        }).WaitAsync(cancellationToken);
        _listening?.Dispose();
        _listening = watch.Listen(LookAgain);
    }

    /// <inheritdoc/>
    public void Dispose() => _listening?.Dispose();

    // A plugin that has read the old subnet.env attaches a workload only now.
    private void LookAgain(RouteNetlink netlink, NetworkChange change)
    {
        if (clock.GetUtcNow() > _until)
        {
            _listening?.Dispose();
        }
        else if (change.HasLinks)
        {
            Look(netlink);
        }
    }

    private void Look(RouteNetlink netlink)
    {
        try
        {
            Follow(netlink, _wanted!);
        }
        catch (NetlinkException exception)
        {
            Log.Refused(logger, exception.Message);
        }
    }

    private void Follow(RouteNetlink netlink, WorkloadMtu wanted)
    {
        var (bridges, workloads) = WorkloadReader.Read(netlink, wanted.Subnets, _done);
        _done.UnionWith(workloads.Select(workload => workload.HostEnd));
        bridges.RemoveAll(bridge => !_done.Add(bridge.Index));

        var concerned = workloads.Where(workload => wanted.Correct(workload.InsideMtu) is not null).Select(workload => workload.NamespaceId).ToHashSet();
        var open = concerned.Count > 0 ? namespaces.Open(netlink, concerned) : [];
        try
        {
            var known = workloads.Select(workload => workload with { IsReachable = open.ContainsKey(workload.NamespaceId) }).ToList();
            var steps = MtuPlan.Steps(wanted, bridges, known).ToList();
            var changed = steps.Count(step => Carry(netlink, open, step) && step.Place == MtuPlace.Inside);
            Tell(wanted, changed, [.. known.Where(workload => !workload.IsReachable && concerned.Contains(workload.NamespaceId)).Select(workload => workload.Name)]);
        }
        finally
        {
            foreach (var opened in open.Values)
            {
                opened.Dispose();
            }
        }
    }

    private bool Carry(RouteNetlink netlink, Dictionary<int, NetworkNamespace> open, MtuStep step)
    {
        try
        {
            if (step.Place == MtuPlace.Inside)
            {
                WorkloadInterior.SetMtu(open[step.Workload!.NamespaceId], step);
            }
            else
            {
                netlink.Execute(batch => batch.ChangeLink(step.Index, new LinkSettings { Mtu = step.To }));
            }

            return true;
        }
        catch (NetlinkException exception)
        {
            // A workload that ends meanwhile takes its link along.
            Log.StepRefused(logger, step.ToString(), exception.Message);
            return false;
        }
    }

    private void Tell(WorkloadMtu wanted, int changed, string[] kept)
    {
        if (changed > 0)
        {
            Log.Followed(logger, changed, wanted.Former!.Value, wanted.Mtu);
        }

        if (kept.Length > 0)
        {
            Log.Kept(logger, kept.Length, wanted.Former!.Value, string.Join(", ", kept.Take(5)));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Workloads + 0, LogLevel.Information, "{Count} workloads follow the overlay's MTU: from {Former} to {Mtu}")]
        public static partial void Followed(ILogger logger, int count, int former, int mtu);

        [LoggerMessage(EventIds.Workloads + 1, LogLevel.Warning, "{Count} workloads keep the MTU {Former}, because their network namespaces cannot be entered; the host tells them by ICMP what fits (behind {Names}). The agent needs CAP_SYS_ADMIN and /run/netns to change them")]
        public static partial void Kept(ILogger logger, int count, int former, string names);

        [LoggerMessage(EventIds.Workloads + 2, LogLevel.Warning, "The MTU of a workload did not follow the overlay's ({Step}): {Reason}")]
        public static partial void StepRefused(ILogger logger, string step, string reason);

        [LoggerMessage(EventIds.Workloads + 3, LogLevel.Warning, "The MTUs of the workloads do not follow the overlay's: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
