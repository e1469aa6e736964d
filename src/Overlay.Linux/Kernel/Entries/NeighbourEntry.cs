using Overlay.Core.Addressing;

namespace Overlay.Linux.Kernel;

/// <summary>A permanent neighbour: an ARP or NDP answer given in advance.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Address">The neighbour's address on that device.</param>
/// <param name="Mac">The neighbour's Ethernet address.</param>
public sealed record NeighbourEntry(string Device, InetAddress Address, MacAddress Mac) : KernelEntry
{
    /// <inheritdoc/>
    public override EntryKey Key => new(KernelTables.Neighbour, Device, InetPrefix.Host(Address));

    /// <inheritdoc/>
    public override string RequiredDevice => Device;

    /// <inheritdoc/>
    public override bool IsWithin(ScopeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.HasDevice(Device);
    }

    /// <inheritdoc/>
    public override string ToString() => $"neighbour {Address} lladdr {Mac} dev {Device} permanent";
}
