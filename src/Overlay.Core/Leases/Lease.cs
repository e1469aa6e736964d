using Overlay.Core.Addressing;

namespace Overlay.Core.Leases;

/// <summary>A node's right to a subnet, and what its peers need to send there.</summary>
public sealed record Lease
{
    /// <summary>The subnets leased, one in each family of the network.</summary>
    public required SubnetPair Subnets { get; init; }

    /// <summary>What the owner tells its peers.</summary>
    public required LeaseAttributes Attributes { get; init; }

    /// <summary>When the lease ends without renewal; <see langword="null"/> when it does not (a reservation, Kubernetes).</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Which writing of the lease this is.</summary>
    public LeaseVersion Version { get; init; }

    /// <summary>The subnets in flannel's key form, <c>10.244.1.0-24</c> or <c>10.244.1.0-24&amp;2001:cafe:42:1::-64</c>: the lease's identity among its peers.</summary>
    public string Key => LeaseKey.Format(Subnets);
}
