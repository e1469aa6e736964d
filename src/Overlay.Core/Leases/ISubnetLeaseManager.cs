using Overlay.Core.Configuration;

namespace Overlay.Core.Leases;

/// <summary>Gives each node its subnets and tells it those of the others. All writes compare versions.</summary>
public interface ISubnetLeaseManager
{
    /// <summary>The network's configuration: first the current one, then each other one. A configuration that cannot be used is thrown at the
    /// first reading and logged at a later one, when the one before stays in force.</summary>
    /// <exception cref="ConfigurationException">The first configuration has mistakes; it carries them all.</exception>
    IAsyncEnumerable<NetworkConfiguration> WatchConfigurationAsync(CancellationToken cancellationToken);

    /// <summary>What the store knows of this node; needed before the interface is chosen. <see langword="null"/> for a node never seen.</summary>
    ValueTask<OwnRecord?> ReadOwnAsync(CancellationToken cancellationToken);

    /// <summary>Takes a lease: the one that the store holds for this node, else the preferred one, else a free one.</summary>
    /// <exception cref="LeaseException">No subnet is free, or the node's public address is that of another living node.</exception>
    ValueTask<Lease> AcquireAsync(LeaseRequest request, CancellationToken cancellationToken);

    /// <summary>Writes other attributes to the own lease, if it still is what <paramref name="own"/> says.</summary>
    /// <exception cref="LeaseException">The lease was written by somebody else or is gone.</exception>
    ValueTask<Lease> UpdateAsync(Lease own, LeaseAttributes attributes, CancellationToken cancellationToken);

    /// <summary>The leases of all nodes, the own one included: first a snapshot, then changes; a snapshot again after every gap. It goes on
    /// through outages of the store, which it logs and counts.</summary>
    IAsyncEnumerable<LeaseBatch> WatchAsync(CancellationToken cancellationToken);

    /// <summary>Renews the lease until cancelled. It ends by itself only when the lease is lost.</summary>
    Task<LeaseEnd> KeepAsync(Lease own, CancellationToken cancellationToken);

    /// <summary>Gives the lease back for good; peers drop the node at once. A lease that is no longer this node's is left alone.</summary>
    ValueTask ReleaseAsync(Lease own, CancellationToken cancellationToken);
}
