using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Kernel;

/// <summary>Static forwarding entries of VXLAN links. What the kernel learned by itself is not told, except in the place of a wanted one.</summary>
internal sealed class ForwardingTable(LinkNames names) : IKernelTable
{
    /// <inheritdoc/>
    public string Name => KernelTables.Forwarding;

    /// <inheritdoc/>
    public void Ask(NetlinkBatch batch, int link) => batch.DumpForwarding(link);

    /// <inheritdoc/>
    public bool Read(NetlinkMessage message, ChangeOrigin origin, IKernelSink sink)
    {
        if (!ForwardingMessage.TryRead(message, out var found))
        {
            return false;
        }

        if (!found.IsOwn || !names.TryGetName(found.Link, out var device))
        {
            return true;
        }

        var entry = new ForwardingEntry(device, found.Mac, found.Remote);
        var key = entry.Key;
        if (!sink.IsOfInterest(key, device))
        {
            return true;
        }

        var isStatic = (found.State & (NeighbourStates.Permanent | NeighbourStates.NoArp)) != 0;
        if (found.IsRemoval || (!isStatic && sink.Wanted(key) is null))
        {
            sink.Gone(key, origin);
        }
        else if (found.State.HasFlag(NeighbourStates.Permanent) && found is { Port: 0, Vni: 0, Remote.IsNone: false })
        {
            sink.Seen(entry, origin);
        }
        else
        {
            sink.Seen(new ForeignEntry(key, device, $"{entry} {found.State} port {found.Port} vni {found.Vni}"), origin);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Write(NetlinkBatch batch, in KernelChange change)
    {
        if (change.Seen is { } seen && (change.Wanted is null || change.RemovesFirst || seen is ForeignEntry))
        {
            batch.DeleteForwarding(names.IndexOf(seen.RequiredDevice), seen.Key.Mac, seen.Key.Prefix.Address);
        }

        if (change.Wanted is not ForwardingEntry wanted)
        {
            return;
        }

        if (wanted.Mac.IsZero)
        {
            batch.AppendForwarding(names.IndexOf(wanted.Device), wanted.Mac, wanted.Remote);
        }
        else
        {
            batch.ReplaceForwarding(names.IndexOf(wanted.Device), wanted.Mac, wanted.Remote);
        }
    }
}
