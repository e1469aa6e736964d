using Overlay.Core.Backends;

namespace Overlay.Linux.Workloads;

/// <summary>The order in which MTUs change so that no packet is lost without a word.</summary>
/// <remarks>
/// <para>A veth drops what is larger than the MTU of the end that it arrives at, and tells nobody (<c>__is_skb_forwardable</c> of net/core/dev.c). Only a router
/// answers with "fragmentation needed": the host when it sends to a bridge or into the overlay. So at every moment</para>
/// <code>bridge &lt;= inside &lt;= host's end</code>
/// <para>must hold for every workload: down goes from the left to the right, up from the right to the left. A workload that cannot be changed keeps its host's
/// end, so that its packets reach the host, which tells it; and it keeps its bridge from growing.</para>
/// </remarks>
internal static class MtuPlan
{
    /// <summary>The steps, in order; none when everything is as it should be.</summary>
    public static IEnumerable<MtuStep> Steps(WorkloadMtu wanted, IReadOnlyList<WorkloadBridge> bridges, IReadOnlyList<Workload> workloads)
    {
        var changes = bridges.Select(bridge => new MtuStep(MtuPlace.Bridge, bridge.Index, bridge.Name, bridge.Mtu, Target(wanted, bridge, workloads), null)).ToList();
        return changes.Where(step => step.To < step.From)
            .Concat(workloads.SelectMany(workload => Steps(wanted, workload)))
            .Concat(changes.Where(step => step.To > step.From));
    }

    private static IEnumerable<MtuStep> Steps(WorkloadMtu wanted, Workload workload)
    {
        var inside = workload.IsReachable ? wanted.Correct(workload.InsideMtu) ?? workload.InsideMtu : workload.InsideMtu;
        var host = Math.Max(wanted.Correct(workload.HostMtu) ?? workload.HostMtu, inside);
        var atHost = new MtuStep(MtuPlace.HostEnd, workload.HostEnd, workload.Name, workload.HostMtu, host, workload);
        var atInside = new MtuStep(MtuPlace.Inside, workload.Inside, workload.Name, workload.InsideMtu, inside, workload);
        MtuStep[] steps = inside < workload.InsideMtu ? [atInside, atHost] : [atHost, atInside];
        return steps.Where(step => step.From != step.To);
    }

    private static int Target(WorkloadMtu wanted, WorkloadBridge bridge, IReadOnlyList<Workload> workloads)
    {
        if (wanted.Correct(bridge.Mtu) is not { } target)
        {
            return bridge.Mtu;
        }

        // Those who should have grown and cannot.
        var held = workloads.Where(workload => workload.Bridge == bridge.Index && !workload.IsReachable && workload.InsideMtu == wanted.Former);
        return target > bridge.Mtu ? held.Select(workload => workload.InsideMtu).Append(target).Min() : target;
    }
}
