namespace Overlay.Core.Backends;

/// <summary>Carries what all networks have recorded to where packets flow, in one transaction: a peer that moves from one backend to another
/// is one replaced route.</summary>
public interface IDataPlane
{
    /// <summary>Carries out everything recorded so far. Completes when each changed entry was tried once; refused ones are reported by
    /// <see cref="IOverlayNetwork.Status"/> and tried again.</summary>
    ValueTask CommitAsync(CancellationToken cancellationToken);
}
