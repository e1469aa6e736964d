using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Uapi;

namespace Overlay.WireGuard.Backend;

/// <summary>A userspace device that another process of this network namespace carries, as a rehearsal sees it: it is read, and never changed.</summary>
internal sealed class RunningDevice(string name, string socketPath) : IWireGuardDevice
{
    private const int ReadOnly = 30; // EROFS of errno.h.
    private const int NoDevice = 19; // ENODEV.

    private readonly TaskCompletionSource _never = new();

    public string Name => name;

    public WireGuardDeviceKind Kind => WireGuardDeviceKind.Userspace;

    public Task Closed => _never.Task;

    public async ValueTask<WireGuardDeviceState> ReadAsync(CancellationToken cancellationToken) =>
        await UapiClient.ReadAsync(socketPath, cancellationToken) ?? throw new WireGuardException($"The process that carries {name} has gone.", NoDevice);

    public ValueTask ConfigureAsync(WireGuardChange change, CancellationToken cancellationToken) =>
        throw new WireGuardException($"{name} is carried by another process, and only looked at here.", ReadOnly);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
