using Microsoft.Extensions.Logging;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>Opens real devices.</summary>
internal sealed class DeviceOpener(TimeProvider clock, ILoggerFactory loggerFactory) : IDeviceOpener
{
    public bool HasKernelModule() => false;

    public IWireGuardDevice OpenKernel(string name) => throw new WireGuardException(name, 19);

    public IWireGuardDevice OpenUserspace(string name, int mtu, Action changed, out int index) => throw new WireGuardException($"{clock} {loggerFactory}", 19);

    public void Greet(IWireGuardDevice device, IReadOnlyList<PublicKey> peers)
    {
    }
}
