using Microsoft.Extensions.Logging;
using Overlay.Core.Backends;
using Overlay.Linux.Kernel;
using Overlay.Linux.Sysctls;

namespace Overlay.Linux.Backends;

using Underlay = Core.Backends.Underlay;

/// <summary>Opens networks that are made of planners, together with the care for the kernel settings that their devices need. <c>UseLinux()</c> adds it.</summary>
public sealed class PlannedNetworks
{
    private readonly SysctlKeeper _sysctls;

    internal PlannedNetworks(IKernelReconciler kernel, SysctlKeeper sysctls) => (Kernel, _sysctls) = (kernel, sysctls);

    /// <summary>Carries out what the networks plan.</summary>
    public IKernelReconciler Kernel { get; }

    /// <summary>Opens a network.</summary>
    /// <param name="claim">Which entries of the kernel are the network's own.</param>
    /// <param name="devices">Which of the claim's devices it makes; those that do not exist yet get their settings when they come.</param>
    /// <param name="context">Has the interface between nodes, which is followed unless this is a rehearsal.</param>
    /// <param name="plannerFor">Makes the planner for one state of the underlay.</param>
    /// <param name="logger">Takes what a person would want to know.</param>
    public PlannedNetwork Open(
        ScopeClaim claim, IReadOnlyList<string> devices, BackendContext context, Func<Underlay, INetworkPlanner> plannerFor, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new PlannedNetwork(Kernel, claim, context, plannerFor, logger, [new SysctlGuard(_sysctls, context.Configuration.Network.Families, devices)]);
    }
}
