using Overlay.Linux.Interop;

namespace Overlay.Linux.Netlink;

/// <summary>The netlink families that this library speaks to (linux/netlink.h).</summary>
public enum NetlinkProtocol
{
    /// <summary>Links, addresses, routes and neighbours (NETLINK_ROUTE).</summary>
    Route = Uapi.NETLINK_ROUTE,

    /// <summary>nftables and other parts of netfilter (NETLINK_NETFILTER).</summary>
    Netfilter = Uapi.NETLINK_NETFILTER,

    /// <summary>Families that are looked up by name, WireGuard's and ethtool's among them (NETLINK_GENERIC).</summary>
    Generic = Uapi.NETLINK_GENERIC,
}
