using Overlay.Core.Addressing;

namespace Overlay.Linux.Kernel;

/// <summary>Something that was seen in the kernel and cannot be said with an entry that anybody may want: a route with several next hops, a learned
/// neighbour, a device of another kind. It equals no wanted entry, so that in a wanted place it is replaced.</summary>
/// <param name="Key">The kernel's identity of it.</param>
/// <param name="Device">The device it stands on; empty for none.</param>
/// <param name="Description">It, in a few words.</param>
/// <param name="Protocol">A route's protocol.</param>
internal sealed record ForeignEntry(EntryKey Key, string Device, string Description, byte Protocol = 0) : KernelEntry
{
    /// <inheritdoc/>
    public override EntryKey Key { get; } = Key;

    /// <inheritdoc/>
    public override string RequiredDevice => Device;

    /// <inheritdoc/>
    public override bool IsWithin(ScopeClaim claim) => Key.Table switch
    {
        KernelTables.Link => claim.HasDevice(Key.Name),
        KernelTables.Route => claim.HasRoute(Key.Prefix, Device, Protocol),
        KernelTables.Address => claim.HasDevice(Device) && claim.HasNetworkOf(InetPrefix.Host(Key.Prefix.Address)),
        _ => claim.HasDevice(Device),
    };

    /// <inheritdoc/>
    public override string ToString() => Description;
}
