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

    /// <summary>Opens a network whose own entries are those on its devices, and routes inside its prefixes.</summary>
    /// <param name="name">The backend's name.</param>
    /// <param name="devices">Every device that a network of this backend may make, so that one which it makes no more is removed.</param>
    /// <param name="context">Has the interface between nodes, which is followed unless this is a rehearsal.</param>
    /// <param name="plannerFor">Makes the planner for one state of the underlay.</param>
    /// <param name="logger">Takes what a person would want to know.</param>
    public PlannedNetwork Open(
        string name, IReadOnlyList<string> devices, BackendContext context, Func<Underlay, INetworkPlanner> plannerFor, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(context);
        var network = context.Configuration.Network;
        var guard = new SysctlGuard(_sysctls, network.Families, devices);
        return new PlannedNetwork(Kernel, new ScopeClaim(name, devices, Claims.Of(network)), context, plannerFor, logger, [guard]);
    }
}
