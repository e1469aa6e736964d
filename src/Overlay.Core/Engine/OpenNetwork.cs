using Overlay.Core.Backends;

namespace Overlay.Core.Engine;

/// <summary>A network that this node takes part in now.</summary>
/// <param name="Backend">The backend's name.</param>
/// <param name="Network">The running network.</param>
internal sealed record OpenNetwork(string Backend, IOverlayNetwork Network)
{
    /// <summary>What stands in the leases of its peers; empty for <c>alloc</c>.</summary>
    public string LeaseType => Network.Facts.Current.Attributes.BackendType;
}
