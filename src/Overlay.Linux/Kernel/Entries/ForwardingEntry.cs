using Overlay.Core.Addressing;

namespace Overlay.Linux.Kernel;

/// <summary>A forwarding (FDB) entry of a VXLAN device: behind which VTEP an Ethernet address is found.</summary>
/// <param name="Device">The VXLAN device's name.</param>
/// <param name="Mac">The Ethernet address of the remote device.</param>
/// <param name="Remote">The address of the remote VTEP.</param>
public sealed record ForwardingEntry(string Device, MacAddress Mac, InetAddress Remote) : KernelEntry
{
    /// <inheritdoc/>
    public override EntryKey Key => new(KernelTables.Forwarding, Device, Mac: Mac);

    /// <inheritdoc/>
    public override string ToString() => $"fdb {Mac} dst {Remote} dev {Device} self permanent";
}
