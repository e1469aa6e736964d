namespace Overlay.Linux.Kernel;

/// <summary>What a route does with a packet, in the numbers of linux/rtnetlink.h (RTN_*).</summary>
public enum RouteKind
{
    /// <summary>It forwards the packet (RTN_UNICAST).</summary>
    Unicast = 1,

    /// <summary>It drops the packet without a word (RTN_BLACKHOLE).</summary>
    Blackhole = 6,

    /// <summary>It drops the packet and tells the sender (RTN_UNREACHABLE).</summary>
    Unreachable = 7,
}
