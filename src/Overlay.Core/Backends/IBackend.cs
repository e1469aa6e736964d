namespace Overlay.Core.Backends;

/// <summary>A way of carrying packets between nodes.</summary>
public interface IBackend
{
    /// <summary>The name used in configuration and in leases, in lower case: <c>vxlan</c>.</summary>
    string Name { get; }

    /// <summary>Opens the network on this node. Nothing is changed in the kernel before <see cref="IOverlayNetwork.ActivateAsync"/>.</summary>
    /// <exception cref="Diagnostics.OverlayException">The network cannot be opened here; the message says why and what would help.</exception>
    ValueTask<IOverlayNetwork> OpenAsync(BackendContext context, CancellationToken cancellationToken);
}
