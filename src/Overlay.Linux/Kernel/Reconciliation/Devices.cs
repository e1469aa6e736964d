namespace Overlay.Linux.Kernel;

/// <summary>Which devices exist. All of them: an entry may need any.</summary>
internal sealed class Devices
{
    private readonly Dictionary<string, (int Index, bool IsUp)> _devices = new(StringComparer.Ordinal);

    /// <summary>Whether the entry's device is there and, if it needs that, up.</summary>
    public bool Allow(KernelEntry entry)
    {
        var name = entry.RequiredDevice;
        return name.Length == 0 || (_devices.TryGetValue(name, out var device) && (device.IsUp || !entry.RequiresDeviceUp));
    }

    /// <summary>Records a device; gives what that changes.</summary>
    public DeviceChange Set(string name, int index, bool isUp)
    {
        var isKnown = _devices.TryGetValue(name, out var before);
        _devices[name] = (index, isUp);
        return !isKnown ? DeviceChange.Appeared
            : before.Index != index ? DeviceChange.Replaced
            : before.IsUp != isUp ? DeviceChange.State
            : DeviceChange.None;
    }

    /// <summary>Forgets a device; <see langword="false"/> if it was not known.</summary>
    public bool Remove(string name) => _devices.Remove(name);

    /// <summary>The names of all devices.</summary>
    public IReadOnlyCollection<string> Names => _devices.Keys;

    /// <summary>Whether the device exists.</summary>
    public bool Contains(string name) => _devices.ContainsKey(name);
}
