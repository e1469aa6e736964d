using Overlay.Core.Addressing;
using Overlay.Linux.Sysctls;

namespace Overlay.Linux.Backends;

using Underlay = Core.Backends.Underlay;

/// <summary>Keeps the kernel's settings as a network needs them.</summary>
internal sealed class SysctlGuard(SysctlKeeper keeper, AddressFamilies families, IReadOnlyList<string> devices) : INetworkGuard
{
    public IDisposable Start(Underlay underlay, Action<string?> report) => keeper.Keep(new SysctlDemand(families, underlay.InterfaceName, devices), report);
}
