using Overlay.Core.Backends;
using Overlay.Core.Leases;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends;

/// <summary>A whole backend as pure functions of one state of the underlay; <see cref="PlannedNetwork"/> makes a running network of it.</summary>
public interface INetworkPlanner : IPeerPlanner
{
    /// <summary>What the network says of itself while the underlay is as it is.</summary>
    NetworkFacts Facts { get; }

    /// <summary>Plans this node's own devices and addresses, in the order in which they are added.</summary>
    IReadOnlyList<KernelEntry> PlanOwn(Lease own);
}
