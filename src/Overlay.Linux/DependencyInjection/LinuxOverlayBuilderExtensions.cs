using Microsoft.Extensions.DependencyInjection.Extensions;
using Overlay.Core.Backends;
using Overlay.Core.DependencyInjection;
using Overlay.Core.Firewall;
using Overlay.Linux.Backends;
using Overlay.Linux.Backends.Alloc;
using Overlay.Linux.Backends.HostGateway;
using Overlay.Linux.Backends.Vxlan;
using Overlay.Linux.Firewall;
using Overlay.Linux.Kernel;
using Overlay.Linux.Sysctls;
using Overlay.Linux.Underlay;
using Overlay.Linux.Workloads;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what an overlay agent needs on Linux.</summary>
public static class LinuxOverlayBuilderExtensions
{
    /// <summary>Adds the reconciler, the choice of the interface between nodes, the firewall, the kernel settings that forwarding needs, and what lets workloads
    /// follow the MTU. Each works in the network namespace of the thread that resolves it.</summary>
    public static IOverlayBuilder UseLinux(this IOverlayBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<IKernelReconciler, KernelReconciler>();
        builder.Services.TryAddSingleton<IDataPlane>(services => services.GetRequiredService<IKernelReconciler>());
        builder.Services.TryAddSingleton<IFirewall, LinuxFirewall>();
        builder.Services.TryAddSingleton<NetworkWatch>();
        builder.Services.TryAddSingleton(_ => new SysctlFiles());
        builder.Services.TryAddSingleton<SysctlKeeper>();
        builder.Services.TryAddSingleton(_ => new WorkloadNamespaces(WorkloadNamespaces.UsualFolders));
        builder.Services.TryAddSingleton<IWorkloadFollower, WorkloadMtuFollower>();
        builder.Services.TryAddSingleton(services => new PlannedNetworks(services.GetRequiredService<IKernelReconciler>(), services.GetRequiredService<SysctlKeeper>()));
        builder.Services.TryAddSingleton<IUnderlaySelector, UnderlaySelector>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<INodePreparation, ForwardingPreparation>());
        return builder;
    }

    /// <summary>Adds the <c>vxlan</c> backend.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Chooses what the network's configuration leaves to the node.</param>
    public static IOverlayBuilder UseVxlan(this IOverlayBuilder builder, Action<VxlanOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<VxlanOptions>().Configure(configure ?? (_ => { }));
        return builder.UseLinux().AddBackend<VxlanBackend>();
    }

    /// <summary>Adds the <c>host-gw</c> backend: routes without encapsulation, between nodes on one link.</summary>
    public static IOverlayBuilder UseHostGateway(this IOverlayBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseLinux().AddBackend<HostGatewayBackend>();
    }

    /// <summary>Adds the <c>alloc</c> backend: leases only.</summary>
    public static IOverlayBuilder UseAlloc(this IOverlayBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseLinux().AddBackend<AllocBackend>();
    }
}
