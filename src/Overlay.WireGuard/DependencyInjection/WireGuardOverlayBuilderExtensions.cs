using Microsoft.Extensions.DependencyInjection.Extensions;
using Overlay.Core.DependencyInjection;
using Overlay.Linux.Kernel;
using Overlay.WireGuard.Backend;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds WireGuard to an overlay agent.</summary>
public static class WireGuardOverlayBuilderExtensions
{
    /// <summary>Adds the <c>wireguard</c> backend: encrypted tunnels, carried by the kernel where it can, else by this process.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Chooses what the network's configuration leaves to the node.</param>
    public static IOverlayBuilder UseWireGuard(this IOverlayBuilder builder, Action<WireGuardOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<WireGuardOptions>().Configure(configure ?? (_ => { }));
        builder.Services.TryAddSingleton<IDeviceOpener, DeviceOpener>();
        builder.Services.TryAddSingleton<OpenDevices>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IEntryTable, WireGuardTable>());
        builder.Services.TryAddSingleton<WireGuardMetrics>();
        return builder.UseLinux().AddBackend<WireGuardBackend>();
    }
}
