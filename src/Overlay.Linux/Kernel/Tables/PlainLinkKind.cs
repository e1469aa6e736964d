using System.Text;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Kernel;

/// <summary>Links without settings of their own, made by the kernel or held by this process.</summary>
internal sealed class PlainLinkKind(LinkNames names) : ILinkKind
{
    /// <inheritdoc/>
    public bool Makes(KernelEntry wanted) => wanted is LinkEntry;

    /// <inheritdoc/>
    public KernelEntry? Read(LinkMessage link, string name, KernelEntry? wanted)
    {
        if (wanted is LinkEntry { Holder: { } holder } held)
        {
            // Whose business a held link is, only its holder can tell.
            return link.Kind.SequenceEqual(Encoding.UTF8.GetBytes(held.Kind)) && holder.Holds(name, link.Index)
                ? held with { Mtu = link.Mtu, IsDown = !link.IsUp }
                : null;
        }

        // Whether it is wanted or not: a link is read before anybody has said what he wants, and must be known when he does.
        return link.Kind.SequenceEqual("wireguard"u8)
            ? new LinkEntry { Name = name, Kind = "wireguard", Mtu = link.Mtu, IsDown = !link.IsUp }
            : null;
    }

    /// <inheritdoc/>
    public void Prepare(ref KernelChange change)
    {
        if (change.Wanted is not LinkEntry { Holder: { } holder } wanted || CanChange(change.Seen, wanted))
        {
            return;
        }

        if (change.Seen is not null)
        {
            // The name is another's, and the kernel would not give it to a second link.
            change.Refusal = change.RemovesFirst ? null : new KernelRefusal($"another device is called {wanted.Name}", NeedsRemoval: true);
            return;
        }

        try
        {
            holder.Open(wanted.Name, wanted.Mtu);
        }
        catch (OverlayException e)
        {
            change.Refusal = new KernelRefusal(e.Message);
        }
    }

    /// <inheritdoc/>
    public void Write(NetlinkBatch batch, in KernelChange change)
    {
        var wanted = (LinkEntry)change.Wanted!;
        if (change.Seen is LinkEntry seen && CanChange(seen, wanted))
        {
            if (seen.Mtu != wanted.Mtu || seen.IsDown)
            {
                batch.ChangeLink(names.IndexOf(wanted.Name), new LinkSettings
                {
                    Mtu = seen.Mtu != wanted.Mtu ? wanted.Mtu : null,
                    IsUp = seen.IsDown ? true : null,
                });
            }

            return;
        }

        if (change.Seen is not null)
        {
            batch.DeleteLink(names.IndexOf(wanted.Name));
        }

        if (wanted.Holder is null)
        {
            batch.CreateLink(wanted.Kind, new LinkSettings { Name = wanted.Name, Mtu = wanted.Mtu, IsUp = true });
        }
    }

    private static bool CanChange(KernelEntry? seen, LinkEntry wanted) =>
        seen is LinkEntry link && link.Kind == wanted.Kind && ReferenceEquals(link.Holder, wanted.Holder);
}
