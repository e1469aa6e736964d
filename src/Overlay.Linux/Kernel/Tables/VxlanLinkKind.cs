using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Ethtool;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Kernel;

/// <summary>VXLAN links.</summary>
internal sealed class VxlanLinkKind(LinkNames names, LinkFeatures features) : ILinkKind
{
    /// <inheritdoc/>
    public bool Makes(KernelEntry wanted) => wanted is VxlanLinkEntry;

    /// <inheritdoc/>
    public KernelEntry? Read(LinkMessage link, string name, KernelEntry? wanted)
    {
        if (!link.TryGetVxlan(out var vxlan) || vxlan is not { Vni: { } vni, Port: { } port, DefaultRemote.IsNone: true, CollectMetadata: not true })
        {
            return null;
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
            TxChecksumOffload = wanted is VxlanLinkEntry { TxChecksumOffload: not null } ? ReadChecksum(name) : null,
        };
    }

    /// <inheritdoc/>
    public void Write(NetlinkBatch batch, in KernelChange change)
    {
        var wanted = (VxlanLinkEntry)change.Wanted!;
        if (change.Seen is VxlanLinkEntry seen && CanChange(seen, wanted))
        {
            Change(batch, names.IndexOf(wanted.Name), seen, wanted);
            return;
        }

        if (change.Seen is not null)
        {
            batch.DeleteLink(names.IndexOf(wanted.Name));
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
