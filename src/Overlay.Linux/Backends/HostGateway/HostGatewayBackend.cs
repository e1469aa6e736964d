using Microsoft.Extensions.Logging;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Kernel;
using Overlay.Linux.Sysctls;

namespace Overlay.Linux.Backends.HostGateway;

/// <summary>Opens networks without encapsulation. It has no settings.</summary>
internal sealed class HostGatewayBackend(IKernelReconciler kernel, SysctlKeeper sysctls, ILogger<HostGatewayBackend> logger) : IBackend
{
    public string Name => HostGatewayPlanner.BackendType;

    public ValueTask<IOverlayNetwork> OpenAsync(BackendContext context, CancellationToken cancellationToken)
    {
        var network = context.Configuration.Network;
        if (HostGatewayPlanner.FindTranslation(network, context.Underlay.Current) is { } reason)
        {
            throw new OverlayException(reason);
        }

        var claim = new ScopeClaim(Name, [], Claims.Of(network));
        return ValueTask.FromResult<IOverlayNetwork>(
            new PlannedNetwork(
            kernel, claim, context, underlay => new HostGatewayPlanner(network, underlay), logger, [new SysctlGuard(sysctls, network.Families, [])]));
    }
}
