using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Sysctls;

/// <summary>Turns on forwarding before anything else is touched, or says which commands do.</summary>
internal sealed class ForwardingPreparation(SysctlKeeper keeper) : INodePreparation
{
    public async ValueTask PrepareAsync(NetworkConfiguration configuration, CancellationToken cancellationToken)
    {
        var outcome = await keeper.PrepareAsync(configuration.Network.Families).WaitAsync(cancellationToken);
        if (outcome.Fault is not null)
        {
            throw new OverlayException(outcome.Fault);
        }
    }
}
