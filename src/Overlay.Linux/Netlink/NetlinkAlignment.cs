using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink;

/// <summary>Messages and attributes begin at multiples of four bytes (NLMSG_ALIGN, NLA_ALIGN).</summary>
internal static class NetlinkAlignment
{
    /// <summary>The next multiple of four that is not under <paramref name="length"/>.</summary>
    public static int Up(int length) => (length + NLMSG_ALIGNTO - 1) & ~(NLMSG_ALIGNTO - 1);
}
