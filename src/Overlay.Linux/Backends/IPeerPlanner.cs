using Overlay.Core.Leases;

namespace Overlay.Linux.Backends;

/// <summary>The heart of a backend: which kernel entries a peer needs. A pure function; no socket, no clock.</summary>
public interface IPeerPlanner
{
    /// <summary>Plans one peer.</summary>
    PeerPlan Plan(Lease own, Lease peer);
}
