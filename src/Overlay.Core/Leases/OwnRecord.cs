using Overlay.Core.Addressing;

namespace Overlay.Core.Leases;

/// <summary>What the store knows of this node before it has chosen an interface.</summary>
public sealed record OwnRecord
{
    /// <summary>The lease of an earlier run, if the store can tell it by the node's identity.</summary>
    public Lease? Lease { get; init; }

    /// <summary>Addresses that the administrator wrote for this node and that select its interface (flannel's node-public-ip annotations).</summary>
    public AddressPair PublicAddressOverrides { get; init; }
}
