using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Kernel;
using Overlay.WireGuard.Control;

namespace Overlay.WireGuard.Backend;

/// <summary>The devices of the open networks, with the secrets that belong into them. What this process carries lives here, longer than the network that
/// wants it: letting go of a network leaves the data path standing until the process ends.</summary>
internal sealed partial class OpenDevices : ILinkHolder, IAsyncDisposable
{
    // The kernel's module announces nothing of its peers, and nobody announces that a peer has fallen silent.
    private static readonly TimeSpan _lookPeriod = TimeSpan.FromSeconds(5);

    private readonly IDeviceOpener _opener;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Place> _places = new(StringComparer.Ordinal);
    private bool _isDisposed;

    public OpenDevices(IDeviceOpener opener, TimeProvider clock, ILogger<OpenDevices> logger)
    {
        _opener = opener;
        _logger = logger;
        _timer = clock.CreateTimer(_ => LookAtAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What stands on this device may have become different.</summary>
    public event Action<string>? Changed;

    /// <summary>The names of all devices that networks want.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_lock)
            {
                return [.. _places.Keys];
            }
        }
    }

    /// <summary>Says who carries the devices of these names and which secrets they have. What was said before of other names counts no more.</summary>
    public void Expect(IEnumerable<string> names, WireGuardDeviceKind kind, DeviceSecrets secrets)
    {
        lock (_lock)
        {
            _timer.Change(_lookPeriod, _lookPeriod);
            var before = new Dictionary<string, Place>(_places);
            _places.Clear();
            foreach (var name in names)
            {
                _places[name] = new Place(kind, secrets) { Device = before.GetValueOrDefault(name) is { Device: { } open } && open.Kind == kind ? open : null };
            }
        }
    }

    /// <summary>For a rehearsal: what another process carries is looked at as if it were this one's, and never changed.</summary>
    public async ValueTask LookAtRunningAsync(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            if (await _opener.FindRunningAsync(name, cancellationToken) is var (device, index))
            {
                lock (_lock)
                {
                    if (_places.GetValueOrDefault(name) is { Kind: WireGuardDeviceKind.Userspace, Device: null } place)
                    {
                        (place.Device, place.Index) = (device, index);
                    }
                }
            }
        }
    }

    /// <summary>The secrets of a device; <see langword="null"/> when no network wants it.</summary>
    public DeviceSecrets? SecretsOf(string name)
    {
        lock (_lock)
        {
            return _places.GetValueOrDefault(name)?.Secrets;
        }
    }

    /// <summary>The device, if it stands.</summary>
    public IWireGuardDevice? Find(string name)
    {
        lock (_lock)
        {
            if (_isDisposed || _places.GetValueOrDefault(name) is not { } place)
            {
                return null;
            }

            if (place.Device is { Closed.IsCompleted: true } || (place.Device is null && place.Kind == WireGuardDeviceKind.Kernel))
            {
                place.Device = place.Kind == WireGuardDeviceKind.Kernel ? TryOpenKernel(name) : null;
            }

            return place.Device;
        }
    }

    /// <summary>Lets go of a device of the kernel's that is gone, so that <see cref="Find"/> takes hold of its successor; <see langword="false"/> when there is nothing to
    /// let go of.</summary>
    public bool LetGo(IWireGuardDevice device)
    {
        lock (_lock)
        {
            if (device.Kind != WireGuardDeviceKind.Kernel || _places.GetValueOrDefault(device.Name) is not { } place || place.Device != device)
            {
                return false;
            }

            place.Device = null;
            _ = ForgetAsync(device);
            return true;
        }
    }

    /// <summary>Has the device greet peers that it has just got.</summary>
    public void Greet(IWireGuardDevice device, IReadOnlyList<Protocol.Keys.PublicKey> peers) => _opener.Greet(device, peers);

    /// <inheritdoc/>
    public bool Holds(string name, int index)
    {
        lock (_lock)
        {
            return _places.GetValueOrDefault(name) is { Device.Closed.IsCompleted: false } place && place.Index == index;
        }
    }

    /// <inheritdoc/>
    public void Open(string name, int mtu)
    {
        lock (_lock)
        {
            if (_isDisposed || _places.GetValueOrDefault(name) is not { } place)
            {
                throw new OverlayException($"nobody carries {name} any more");
            }

            // The link of an earlier one is gone, and so is all that it was good for.
            if (place.Device is { } old)
            {
                place.Device = null;
                _ = ForgetAsync(old);
            }

            place.Device = _opener.OpenUserspace(name, mtu, () => Changed?.Invoke(name), out var index);
            place.Index = index;
            Log.Opened(_logger, name, mtu);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Place> places;
        lock (_lock)
        {
            _isDisposed = true;
            places = [.. _places.Values];
            _places.Clear();
        }

        await _timer.DisposeAsync();
        foreach (var place in places)
        {
            if (place.Device is { } device)
            {
                await device.DisposeAsync();
            }

            place.Secrets.Dispose();
        }
    }

    private IWireGuardDevice? TryOpenKernel(string name)
    {
        try
        {
            return _opener.OpenKernel(name);
        }
        catch (WireGuardException)
        {
            // The reconciler has not made it yet, or somebody has just deleted it.
            return null;
        }
    }

    private void LookAtAll()
    {
        foreach (var name in Names)
        {
            Changed?.Invoke(name);
        }
    }

    // Nobody waits for it: its link is gone already.
    private async Task ForgetAsync(IWireGuardDevice device)
    {
        try
        {
            await device.DisposeAsync();
        }
        catch (OverlayException exception)
        {
            Log.NotClosed(_logger, device.Name, exception.Message);
        }
    }

    private sealed class Place(WireGuardDeviceKind kind, DeviceSecrets secrets)
    {
        public WireGuardDeviceKind Kind => kind;

        public DeviceSecrets Secrets => secrets;

        public IWireGuardDevice? Device { get; set; }

        public int Index { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.WireGuardBackend + 10, LogLevel.Information, "Opened the userspace device {Device} with MTU {Mtu}")]
        public static partial void Opened(ILogger logger, string device, int mtu);

        [LoggerMessage(EventIds.WireGuardBackend + 11, LogLevel.Debug, "The former device {Device} did not close cleanly: {Reason}")]
        public static partial void NotClosed(ILogger logger, string device, string reason);
    }
}
