using Microsoft.Extensions.Logging;
using Overlay.Core.Backends;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends.Alloc;

/// <summary>Opens networks of leases only. The scope is there to remove what another backend has left.</summary>
internal sealed class AllocBackend(IKernelReconciler kernel, ILogger<AllocBackend> logger) : IBackend
{
    public string Name => "alloc";

    public ValueTask<IOverlayNetwork> OpenAsync(BackendContext context, CancellationToken cancellationToken)
    {
        var network = context.Configuration.Network;
        var claim = new ScopeClaim(Name, [], Claims.Of(network));
        return ValueTask.FromResult<IOverlayNetwork>(
            new PlannedNetwork(kernel, claim, context, underlay => new AllocPlanner(network.Families, underlay), logger));
    }
}
