using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Engine;
using Overlay.Linux.Backends;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>Opens WireGuard networks.</summary>
internal sealed partial class WireGuardBackend(
    PlannedNetworks networks,
    OpenDevices devices,
    IDeviceOpener opener,
    WireGuardMetrics metrics,
    IOptions<WireGuardOptions> options,
    IOptions<OverlayOptions> overlay,
    ILogger<WireGuardBackend> logger)
    : IBackend, IBackendSettings
{
    private const string Where = "net-conf.json: Backend.";

    public string Name => WireGuardPlanner.BackendType;

    public void Check(SettingsReader settings, AddressFamilies families) => WireGuardSettings.Read(settings, families);

    public async ValueTask<IOverlayNetwork> OpenAsync(BackendContext context, CancellationToken cancellationToken)
    {
        var network = context.Configuration.Network;
        var settings = ReadSettings(context.Configuration);
        var kind = ChooseKind(settings.Device);
        var file = new PrivateKeyFile(options.Value.PrivateKeyFile ?? Path.Combine(overlay.Value.StateDirectory, "wgkey"), logger);
        var key = context.IsRehearsal ? file.Read() ?? PrivateKey.Generate() : file.ReadOrCreate();
        var secrets = new DeviceSecrets(key, WireGuardSettings.ReadPresharedKey(new SettingsReader(context.Configuration.Backend.ReadSettings(), Where, [])));
        var identity = new WireGuardIdentity(key.PublicKey, kind, devices);
        var underlay = context.Underlay.Current;
        if (new WireGuardPlanner(settings, network, underlay, identity).FindMtuFault() is { } fault)
        {
            secrets.Dispose();
            throw new OverlayException(fault);
        }

        string[] names = [.. TunnelLayout.Of(settings, network, underlay).Select(tunnel => tunnel.Device)];
        devices.Expect(names, kind, secrets);
        if (context.IsRehearsal && kind == WireGuardDeviceKind.Userspace)
        {
            await devices.LookAtRunningAsync(names, cancellationToken);
        }

        metrics.Start();
        // Both names: a network that was dual-stack in an earlier run leaves no device behind.
        var tunnels = networks.Open(Name, [TunnelNames.Main, TunnelNames.IPv6], context, now => new WireGuardPlanner(settings, network, now, identity), logger);
        return new WireGuardNetwork(networks.Kernel, tunnels, network, context.IsRehearsal, logger);
    }

    private static WireGuardSettings ReadSettings(NetworkConfiguration configuration)
    {
        var mistakes = new List<ConfigurationMistake>();
        var settings = WireGuardSettings.Read(new SettingsReader(configuration.Backend.ReadSettings(), Where, mistakes), configuration.Network.Families);
        return mistakes.Count == 0 ? settings : throw new ConfigurationException(mistakes);
    }

    private WireGuardDeviceKind ChooseKind(DeviceChoice choice)
    {
        var hasModule = choice != DeviceChoice.Userspace && opener.HasKernelModule();
        if (choice == DeviceChoice.Kernel && !hasModule)
        {
            throw new OverlayException("Backend.Device is \"kernel\", and this kernel has no wireguard module: load or install it (modprobe wireguard), or set Backend.Device to \"auto\" or \"userspace\".");
        }

        var kind = hasModule ? WireGuardDeviceKind.Kernel : WireGuardDeviceKind.Userspace;
        Log.Chosen(logger, kind, choice, (hasModule, choice) switch
        {
            (true, _) => "the kernel has the wireguard module",
            (_, DeviceChoice.Userspace) => "the configuration wants it",
            _ => "the kernel has no wireguard module",
        });
        return kind;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.WireGuardBackend + 20, LogLevel.Information, "WireGuard is carried by the {Kind} device (Backend.Device {Choice}: {Reason})")]
        public static partial void Chosen(ILogger logger, WireGuardDeviceKind kind, DeviceChoice choice, string reason);
    }
}
