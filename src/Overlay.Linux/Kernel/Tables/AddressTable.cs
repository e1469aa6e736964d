using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Kernel;

/// <summary>Addresses of links.</summary>
internal sealed class AddressTable(LinkNames names) : IKernelTable
{
    /// <inheritdoc/>
    public string Name => KernelTables.Address;

    /// <inheritdoc/>
    public void Ask(NetlinkBatch batch, int link) => batch.DumpAddresses(link);

    /// <inheritdoc/>
    public bool Read(NetlinkMessage message, ChangeOrigin origin, IKernelSink sink)
    {
        if (!AddressMessage.TryRead(message, out var address))
        {
            return false;
        }

        if (!names.TryGetName(address.Link, out var device))
        {
            return true;
        }

        var key = new EntryKey(KernelTables.Address, device, address.Address);
        if (address.IsRemoval)
        {
            sink.Gone(key, origin);
            if (!address.Address.Address.IsIPv6)
            {
                // With a link's last IPv4 address all its IPv4 routes go, with any address those that prefer it as source: both without a word.
                sink.Doubt(KernelTables.Route, device);
            }

            return true;
        }

        if (sink.IsOfInterest(key, device))
        {
            sink.Seen(
                address.Peer.IsNone ? new AddressEntry(device, address.Address) : new ForeignEntry(key, device, $"address {address.Address} peer {address.Peer} dev {device}"),
                origin);
        }

        // A gateway may have become reachable.
        sink.DeviceImproved(device);
        return true;
    }

    /// <inheritdoc/>
    public void Write(NetlinkBatch batch, in KernelChange change)
    {
        if (change.Seen is { } seen && (change.Wanted is null || change.RemovesFirst || seen is ForeignEntry))
        {
            batch.DeleteAddress(names.IndexOf(seen.RequiredDevice), seen.Key.Prefix);
        }

        if (change.Wanted is AddressEntry wanted)
        {
            // Nobody else is on our devices, so there is nobody to ask for duplicates; and until the answer the address could not be used.
            batch.ReplaceAddress(names.IndexOf(wanted.Device), wanted.Address, wanted.Address.Address.IsIPv6 ? AddressFlags.NoDuplicateDetection : AddressFlags.None);
        }
    }
}
