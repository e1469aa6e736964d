namespace Overlay.Linux.Netlink;

/// <summary>The groups of NETLINK_ROUTE that announce changes (RTNLGRP_* of linux/rtnetlink.h).</summary>
public enum RouteGroup
{
    /// <summary>No group.</summary>
    None = 0,

    /// <summary>Links (RTNLGRP_LINK).</summary>
    Link = 1,

    /// <summary>Neighbours of both families, and forwarding entries (RTNLGRP_NEIGH).</summary>
    Neighbour = 3,

    /// <summary>IPv4 addresses (RTNLGRP_IPV4_IFADDR).</summary>
    IPv4Address = 5,

    /// <summary>IPv4 routes (RTNLGRP_IPV4_ROUTE).</summary>
    IPv4Route = 7,

    /// <summary>IPv6 addresses (RTNLGRP_IPV6_IFADDR).</summary>
    IPv6Address = 9,

    /// <summary>IPv6 routes (RTNLGRP_IPV6_ROUTE).</summary>
    IPv6Route = 11,
}
