namespace Overlay.Linux.Netlink.Route;

/// <summary>What a route does with a packet (RTN_* of linux/rtnetlink.h).</summary>
public enum RouteType
{
    /// <summary>Unknown.</summary>
    Unspecified = 0,

    /// <summary>It forwards the packet.</summary>
    Unicast = 1,

    /// <summary>It takes the packet in.</summary>
    Local = 2,

    /// <summary>It sends to all on the link.</summary>
    Broadcast = 3,

    /// <summary>It takes the packet in; others do so too.</summary>
    Anycast = 4,

    /// <summary>It sends to a group.</summary>
    Multicast = 5,

    /// <summary>It drops the packet without a word.</summary>
    Blackhole = 6,

    /// <summary>It drops the packet and says "unreachable".</summary>
    Unreachable = 7,

    /// <summary>It drops the packet and says "prohibited".</summary>
    Prohibit = 8,

    /// <summary>It sends the lookup to the next table.</summary>
    Throw = 9,
}
