using System.Text;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Ethtool;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Kernel;

/// <summary>Links. All of them are told to the sink as devices; those of interest as entries, too.</summary>
internal sealed class LinkTable(LinkNames names, LinkFeatures features) : IKernelTable
{
    private readonly ILinkKind[] _kinds = [new VxlanLinkKind(names, features), new PlainLinkKind(names)];

    /// <inheritdoc/>
    public string Name => KernelTables.Link;

    /// <inheritdoc/>
    public void Ask(NetlinkBatch batch, int link) => batch.DumpLinks();

    /// <inheritdoc/>
    public bool Read(NetlinkMessage message, ChangeOrigin origin, IKernelSink sink)
    {
        if (!LinkMessage.TryRead(message, out var link))
        {
            return false;
        }

        if (link.IsRemoval)
        {
            if (names.TryGetName(link.Index, out var lost))
            {
                names.Remove(link.Index);
                TellGone(lost, origin, sink);
            }

            return true;
        }

        var name = names.Set(link.Index, link.Name, out var former);
        if (former is not null)
        {
            TellGone(former, origin, sink);
        }

        // The device first: entries on it may have to be forgotten before anything else is said about them.
        sink.DeviceSeen(name, link.Index, link.IsUp);
        var key = new EntryKey(KernelTables.Link, name);
        if (sink.IsOfInterest(key, name))
        {
            sink.Seen(ToEntry(link, name, key, sink.Wanted(key)), origin);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Prepare(ref KernelChange change) => KindOf(change)?.Prepare(ref change);

    /// <inheritdoc/>
    public void Write(NetlinkBatch batch, in KernelChange change)
    {
        if (KindOf(change) is { } kind)
        {
            kind.Write(batch, change);
        }
        else
        {
            batch.DeleteLink(names.IndexOf(change.Seen!.Key.Name));
        }
    }

    /// <inheritdoc/>
    public void Complete(ref KernelChange change) => KindOf(change)?.Complete(ref change);

    private static void TellGone(string name, ChangeOrigin origin, IKernelSink sink)
    {
        sink.Gone(new EntryKey(KernelTables.Link, name), origin);
        sink.DeviceGone(name);
    }

    // None for a removal: all kinds are removed alike.
    private ILinkKind? KindOf(in KernelChange change)
    {
        var wanted = change.Wanted;
        return wanted is null ? null : Array.Find(_kinds, kind => kind.Makes(wanted));
    }

    private KernelEntry ToEntry(LinkMessage link, string name, in EntryKey key, KernelEntry? wanted)
    {
        foreach (var kind in _kinds)
        {
            if (kind.Read(link, name, wanted) is { } entry)
            {
                return entry;
            }
        }

        return new ForeignEntry(key, "", $"link {name} of {(link.Kind.IsEmpty ? "no kind" : "another kind: " + Encoding.UTF8.GetString(link.Kind))}");
    }
}
