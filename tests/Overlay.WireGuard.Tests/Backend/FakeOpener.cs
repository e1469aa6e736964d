using Overlay.WireGuard.Backend;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Backend;

/// <summary>Opens devices in memory.</summary>
internal sealed class FakeOpener : IDeviceOpener
{
    public List<FakeDevice> Opened { get; } = [];

    public List<PublicKey> Greeted { get; } = [];

    public Action? Changed { get; private set; }

    /// <summary>The devices that stand in the kernel.</summary>
    public Dictionary<string, FakeDevice> Kernel { get; } = [];

    /// <summary>The devices that another process carries.</summary>
    public Dictionary<string, IWireGuardDevice> Running { get; } = [];

    public bool HasKernelModule() => true;

    public IWireGuardDevice OpenKernel(string name) => Kernel.GetValueOrDefault(name) ?? throw new WireGuardException($"there is no {name}", 19);

    public IWireGuardDevice OpenUserspace(string name, int mtu, Action changed, out int index)
    {
        var device = new FakeDevice(name, WireGuardDeviceKind.Userspace);
        Opened.Add(device);
        Changed = changed;
        index = Opened.Count;
        return device;
    }

    public ValueTask<(IWireGuardDevice Device, int Index)?> FindRunningAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult<(IWireGuardDevice Device, int Index)?>(Running.TryGetValue(name, out var device) ? (device, 7) : null);

    public void Greet(IWireGuardDevice device, IReadOnlyList<PublicKey> peers) => Greeted.AddRange(peers);
}
