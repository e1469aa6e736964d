using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Kernel;

/// <summary>What the link table has to know about one kind of links. What no kind knows is a <see cref="ForeignEntry"/>.</summary>
internal interface ILinkKind
{
    /// <summary>Whether the wanted entry is of this kind.</summary>
    bool Makes(KernelEntry wanted);

    /// <summary>The link as an entry; <see langword="null"/> when it is of another kind.</summary>
    KernelEntry? Read(LinkMessage link, string name, KernelEntry? wanted);

    /// <summary>Does what has to be done before netlink's part; a refusal keeps that from being sent.</summary>
    void Prepare(ref KernelChange change)
    {
    }

    /// <summary>Appends the requests that make or change the wanted link, which is of this kind.</summary>
    void Write(NetlinkBatch batch, in KernelChange change);

    /// <summary>Does what netlink cannot, after the kernel has accepted the change.</summary>
    void Complete(ref KernelChange change)
    {
    }
}
