using Overlay.Core.Addressing;

namespace Overlay.Linux.Kernel;

/// <summary>A forwarding (FDB) entry of a VXLAN device: behind which VTEP an Ethernet address is found.</summary>
/// <param name="Device">The VXLAN device's name.</param>
/// <param name="Mac">The Ethernet address of the remote device.</param>
/// <param name="Remote">The address of the remote VTEP.</param>
public sealed record ForwardingEntry(string Device, MacAddress Mac, InetAddress Remote) : KernelEntry
{
    /// <summary>An address of one device has one remote; the kernel lets the zero address, the default destination, have several.</summary>
    public override EntryKey Key => new(KernelTables.Forwarding, Device, Mac.IsZero ? InetPrefix.Host(Remote) : default, Mac);

    /// <inheritdoc/>
    public override string RequiredDevice => Device;

    /// <inheritdoc/>
    public override bool IsWithin(ScopeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.HasDevice(Device);
    }

    /// <inheritdoc/>
    public override string ToString() => $"fdb {Mac} dst {Remote} dev {Device} self permanent";
}
