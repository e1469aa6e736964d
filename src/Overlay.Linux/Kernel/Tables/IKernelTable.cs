using Overlay.Linux.Netlink;

namespace Overlay.Linux.Kernel;

/// <summary>One kind of entries as the kernel's netlink protocol has them.</summary>
internal interface IKernelTable
{
    /// <summary>The name, which the keys of its entries carry.</summary>
    string Name { get; }

    /// <summary>Appends the request for all entries, or for those on one link.</summary>
    void Ask(NetlinkBatch batch, int link);

    /// <summary>Reports what the message says, if it is about this table; gives whether it is.</summary>
    bool Read(NetlinkMessage message, ChangeOrigin origin, IKernelSink sink);

    /// <summary>Does what has to be done before netlink's part; a refusal keeps that from being sent.</summary>
    void Prepare(ref KernelChange change)
    {
    }

    /// <summary>Appends the requests that make the change.</summary>
    void Write(NetlinkBatch batch, in KernelChange change);

    /// <summary>Does what netlink cannot, after the kernel has accepted the change.</summary>
    void Complete(ref KernelChange change)
    {
    }
}
