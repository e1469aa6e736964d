using System.Text;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Ethtool;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Kernel;

/// <summary>Links. All of them are told to the sink as devices; those of interest as entries, too.</summary>
internal sealed class LinkTable(LinkNames names, LinkFeatures features) : IKernelTable
{
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
            sink.Seen(ToEntry(link, name, key, sink.Wanted(key) as VxlanLinkEntry), origin);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Write(NetlinkBatch batch, in KernelChange change)
    {
        if (change.Wanted is not VxlanLinkEntry wanted)
        {
            Delete(batch, change.Seen!);
            return;
        }

        if (change.Seen is VxlanLinkEntry seen && CanChange(seen, wanted))
        {
            Change(batch, names.IndexOf(wanted.Name), seen, wanted);
            return;
        }

        if (change.Seen is not null)
        {
            Delete(batch, change.Seen);
        }

        var link = new LinkSettings { Name = wanted.Name, Mac = wanted.Mac, Mtu = wanted.Mtu, IsUp = true };
        batch.CreateVxlan(link, new VxlanSettings
        {
            Vni = wanted.Vni,
            Underlay = names.IndexOf(wanted.Underlay),
            Local = wanted.Local,
            Port = wanted.Port,
            Learning = wanted.Learning,
            GroupPolicy = wanted.GroupPolicy,
        });
    }

    /// <inheritdoc/>
    public void Complete(ref KernelChange change)
    {
        if (change.Wanted is not VxlanLinkEntry { TxChecksumOffload: { } isOn } wanted)
        {
            return;
        }

        try
        {
            features.Set(wanted.Name, LinkFeatures.TransmitChecksum, isOn);
        }
        catch (EthtoolException e)
        {
            change.Refusal = new KernelRefusal(e.Message);
        }
    }

    // What the kernel does not change in place (vxlan_nl2conf of drivers/net/vxlan/vxlan_core.c).
    private static bool CanChange(VxlanLinkEntry seen, VxlanLinkEntry wanted) =>
        seen.Vni == wanted.Vni
        && seen.Port == wanted.Port
        && seen.GroupPolicy == wanted.GroupPolicy
        && seen.Local.IsIPv6 == wanted.Local.IsIPv6;

    private void Change(NetlinkBatch batch, int index, VxlanLinkEntry seen, VxlanLinkEntry wanted)
    {
        if (seen.Underlay != wanted.Underlay || seen.Local != wanted.Local || seen.Learning != wanted.Learning)
        {
            batch.ChangeVxlan(index, new VxlanSettings
            {
                Underlay = names.IndexOf(wanted.Underlay),
                Local = wanted.Local,
                Learning = wanted.Learning,
            });
        }

        if (seen.Mac != wanted.Mac || seen.Mtu != wanted.Mtu || seen.IsDown)
        {
            batch.ChangeLink(index, new LinkSettings
            {
                Mac = seen.Mac != wanted.Mac ? wanted.Mac : null,
                Mtu = seen.Mtu != wanted.Mtu ? wanted.Mtu : null,
                IsUp = seen.IsDown ? true : null,
            });
        }
    }

    private void Delete(NetlinkBatch batch, KernelEntry seen) => batch.DeleteLink(names.IndexOf(seen.Key.Name));

    private static void TellGone(string name, ChangeOrigin origin, IKernelSink sink)
    {
        sink.Gone(new EntryKey(KernelTables.Link, name), origin);
        sink.DeviceGone(name);
    }

    private KernelEntry ToEntry(LinkMessage link, string name, in EntryKey key, VxlanLinkEntry? wanted)
    {
        if (!link.TryGetVxlan(out var vxlan) || vxlan is not { Vni: { } vni, Port: { } port, DefaultRemote.IsNone: true, CollectMetadata: not true })
        {
            return new ForeignEntry(key, "", $"link {name} of {(link.Kind.IsEmpty ? "no kind" : "another kind: " + Encoding.UTF8.GetString(link.Kind))}");
        }

        return new VxlanLinkEntry
        {
            Name = name,
            Vni = vni,
            Port = port,
            Underlay = names.TryGetName(vxlan.Underlay ?? 0, out var underlay) ? underlay : "",
            Local = vxlan.Local,
            Mac = link.Mac,
            Mtu = link.Mtu,
            Learning = vxlan.Learning == true,
            GroupPolicy = vxlan.GroupPolicy,
            IsDown = !link.IsUp,
            // It costs a system call, so it is read only for those who care.
            TxChecksumOffload = wanted?.TxChecksumOffload is null ? null : ReadChecksum(name),
        };
    }

    private bool? ReadChecksum(string name)
    {
        try
        {
            return features.IsOn(name, LinkFeatures.TransmitChecksum);
        }
        catch (EthtoolException)
        {
            // The link has gone again, or its driver has no such feature: then setting it will say so.
            return null;
        }
    }
}
