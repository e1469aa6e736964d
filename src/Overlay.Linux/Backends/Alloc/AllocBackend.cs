using Overlay.Core.Backends;

namespace Overlay.Linux.Backends.Alloc;

/// <summary>Leases only: no device, no route. Flannel writes these leases without a backend type.</summary>
internal sealed class AllocBackend : IBackend
{
    public string Name => "alloc";

    public ValueTask<IOverlayNetwork> OpenAsync(BackendContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IOverlayNetwork>(new AllocNetwork(context.Configuration.Network.Families, context.Underlay));
}
