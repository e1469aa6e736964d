using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Kernel;

/// <summary>Permanent neighbours. What the kernel learned by itself is not told, except in the place of a wanted one.</summary>
internal sealed class NeighbourTable(LinkNames names) : IKernelTable
{
    /// <inheritdoc/>
    public string Name => KernelTables.Neighbour;

    /// <inheritdoc/>
    public void Ask(NetlinkBatch batch, int link) => batch.DumpNeighbours(link);

    /// <inheritdoc/>
    public bool Read(NetlinkMessage message, ChangeOrigin origin, IKernelSink sink)
    {
        if (!NeighbourMessage.TryRead(message, out var neighbour))
        {
            return false;
        }

        if (!names.TryGetName(neighbour.Link, out var device))
        {
            return true;
        }

        var key = new EntryKey(KernelTables.Neighbour, device, InetPrefix.Host(neighbour.Address));
        if (!sink.IsOfInterest(key, device))
        {
            return true;
        }

        if (neighbour.IsRemoval)
        {
            sink.Gone(key, origin);
        }
        else if (neighbour.State.HasFlag(NeighbourStates.Permanent))
        {
            sink.Seen(new NeighbourEntry(device, neighbour.Address, neighbour.Mac), origin);
        }
        else if (sink.Wanted(key) is not null)
        {
            sink.Seen(new ForeignEntry(key, device, $"neighbour {neighbour.Address} lladdr {neighbour.Mac} dev {device} {neighbour.State}"), origin);
        }
        else
        {
            sink.Gone(key, origin);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Write(NetlinkBatch batch, in KernelChange change)
    {
        if (change.Wanted is NeighbourEntry wanted)
        {
            batch.ReplaceNeighbour(names.IndexOf(wanted.Device), wanted.Address, wanted.Mac);
        }
        else
        {
            batch.DeleteNeighbour(names.IndexOf(change.Seen!.RequiredDevice), change.Seen.Key.Prefix.Address);
        }
    }
}
