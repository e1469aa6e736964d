using Overlay.Core.Addressing;

namespace Overlay.Linux.Kernel;

/// <summary>An address of a device.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Address">The address with its prefix length.</param>
public sealed record AddressEntry(string Device, InetPrefix Address) : KernelEntry
{
    /// <inheritdoc/>
    public override EntryKey Key => new(KernelTables.Address, Device, Address);

    /// <inheritdoc/>
    public override string RequiredDevice => Device;

    /// <inheritdoc/>
    public override bool RequiresDeviceUp => false;

    /// <summary>Own devices may carry addresses of others; those inside the network are the claim's (flannel-facts 5, address helper).</summary>
    public override bool IsWithin(ScopeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.HasDevice(Device) && claim.HasNetworkOf(InetPrefix.Host(Address.Address));
    }

    /// <inheritdoc/>
    public override string ToString() => $"address {Address} dev {Device}";
}
