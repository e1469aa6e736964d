using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Netlink.Route;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Kernel;
using Overlay.WireGuard.Control.Uapi;
using Overlay.WireGuard.Device;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>Opens real devices. Those that this process carries are shown and changed by <c>wg</c>, as the kernel's are.</summary>
internal sealed partial class DeviceOpener(TimeProvider clock, ILoggerFactory loggerFactory, ILogger<DeviceOpener> logger) : IDeviceOpener
{
    public bool HasKernelModule() => KernelDevice.IsSupported();

    public IWireGuardDevice OpenKernel(string name) => KernelDevice.Open(name);

    public IWireGuardDevice OpenUserspace(string name, int mtu, Action changed, out int index)
    {
        var device = UserspaceDevice.Open(name, new UserspaceDeviceOptions { Mtu = mtu, Clock = clock, LoggerFactory = loggerFactory });
        try
        {
            index = SetUp(name);
        }
        catch
        {
            // It ends on threads of its own.
            _ = device.DisposeAsync().AsTask();
            throw;
        }

        return new SharedDevice(device, changed, TryServe);
    }

    public async ValueTask<(IWireGuardDevice Device, int Index)?> FindRunningAsync(string name, CancellationToken cancellationToken)
    {
        using var route = new RouteNetlink();
        if (route.FindLink(name) is not { } link)
        {
            return null;
        }

        try
        {
            var path = UapiSocket.PathOf(name);
            using var state = await UapiClient.ReadAsync(path, cancellationToken);
            return state is null ? null : (new RunningDevice(name, path), link.Index);
        }
        catch (WireGuardException exception)
        {
            Log.NotRead(logger, name, exception.Message);
            return null;
        }
    }

    public void Greet(IWireGuardDevice device, IReadOnlyList<PublicKey> peers) => (device as SharedDevice)?.StartHandshakes(peers);

    private static int SetUp(string name)
    {
        using var route = new RouteNetlink();
        var link = route.FindLink(name) ?? throw new OverlayException($"{name} was deleted at once");
        route.Execute(batch => batch.ChangeLink(link.Index, new LinkSettings { IsUp = true }));
        return link.Index;
    }

    // The folder of the sockets is shared by all network namespaces, the names of devices are not. The backend needs no socket.
    private UapiServer? TryServe(IWireGuardDevice device)
    {
        try
        {
            return UapiServer.Start(device, UapiSocket.Open(device.Name), loggerFactory, clock);
        }
        catch (WireGuardException exception)
        {
            Log.NotShown(logger, device.Name, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.WireGuardBackend + 30, LogLevel.Warning, "wg cannot show {Device}, whose packets are carried all the same: {Reason}")]
        public static partial void NotShown(ILogger logger, string device, string reason);

        [LoggerMessage(EventIds.WireGuardBackend + 31, LogLevel.Warning, "What runs as {Device} cannot be read, and counts as absent: {Reason}")]
        public static partial void NotRead(ILogger logger, string device, string reason);
    }
}
