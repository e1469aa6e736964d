using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Leases;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends.Alloc;

using Underlay = Core.Backends.Underlay;

/// <summary>Plans nothing: nodes have their subnets, and somebody else makes the routes between them (flannel-facts 5.A).</summary>
internal sealed class AllocPlanner(AddressFamilies families, Underlay underlay) : INetworkPlanner
{
    /// <summary>Flannel writes these leases without a backend type.</summary>
    public NetworkFacts Facts { get; } = new()
    {
        Mtu = underlay.Mtu,
        Attributes = new LeaseAttributes
        {
            PublicAddresses = new AddressPair(
                families.HasFlag(AddressFamilies.IPv4) ? underlay.PublicAddresses.IPv4 : null,
                families.HasFlag(AddressFamilies.IPv6) ? underlay.PublicAddresses.IPv6 : null),
        },
        Fault = underlay.Fault,
    };

    public IReadOnlyList<KernelEntry> PlanOwn(Lease own) => [];

    public PeerPlan Plan(Lease own, Lease peer) => new([]);
}
