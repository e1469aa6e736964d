using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Uapi;
using Overlay.WireGuard.Device;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>A userspace device that <c>wg</c> may change too: what comes in over its socket is told, so that drift is repaired at once.</summary>
internal sealed class SharedDevice : IWireGuardDevice
{
    private readonly UserspaceDevice _device;
    private readonly UapiServer? _server;

    public SharedDevice(UserspaceDevice device, Action changed, Func<IWireGuardDevice, UapiServer?> serve)
    {
        _device = device;
        _server = serve(new ToldDevice(device, changed));
        _ = EndServerAsync();
    }

    public string Name => _device.Name;

    public WireGuardDeviceKind Kind => _device.Kind;

    public Task Closed => _device.Closed;

    public ValueTask<WireGuardDeviceState> ReadAsync(CancellationToken cancellationToken) => _device.ReadAsync(cancellationToken);

    public ValueTask ConfigureAsync(WireGuardChange change, CancellationToken cancellationToken) => _device.ConfigureAsync(change, cancellationToken);

    public void StartHandshakes(IReadOnlyList<PublicKey> peers) => _device.StartHandshakes(peers);

    public async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _device.DisposeAsync();
    }

    // A device that is deleted ends by itself, and its socket would stay.
    private async Task EndServerAsync()
    {
        await _device.Closed;
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private sealed class ToldDevice(UserspaceDevice device, Action changed) : IWireGuardDevice
    {
        public string Name => device.Name;

        public WireGuardDeviceKind Kind => device.Kind;

        public Task Closed => device.Closed;

        public ValueTask<WireGuardDeviceState> ReadAsync(CancellationToken cancellationToken) => device.ReadAsync(cancellationToken);

        public async ValueTask ConfigureAsync(WireGuardChange change, CancellationToken cancellationToken)
        {
            await device.ConfigureAsync(change, cancellationToken);
            changed();
        }

        // The device is the backend's.
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
