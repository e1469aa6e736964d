using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.Core.Backends;

/// <summary>A network that this node takes part in. <see cref="IAsyncDisposable.DisposeAsync"/> lets go of it and leaves the data path standing.</summary>
public interface IOverlayNetwork : IAsyncDisposable
{
    /// <summary>MTU, attributes to publish and fault; they change with the underlay.</summary>
    Live<NetworkFacts> Facts { get; }

    /// <summary>How far the kernel has what this network wants.</summary>
    NetworkStatus Status { get; }

    /// <summary>Records this node's own devices and addresses as wanted.</summary>
    ValueTask ActivateAsync(Lease own, CancellationToken cancellationToken);

    /// <summary>Records what the peers need; the same batch twice changes nothing. <see cref="IDataPlane.CommitAsync"/> carries it out. The own
    /// lease and leases of other backends are not in the batch.</summary>
    ValueTask ApplyAsync(LeaseBatch batch, CancellationToken cancellationToken);

    /// <summary>Takes the network's state out of the kernel.</summary>
    ValueTask RemoveAsync(CancellationToken cancellationToken);
}
