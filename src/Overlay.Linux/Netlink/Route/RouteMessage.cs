using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>What the kernel says about a route, and what a request says to it.</summary>
public readonly record struct RouteMessage
{
    /// <summary>The table that is meant when none is named.</summary>
    public const uint MainTable = RT_TABLE_MAIN;

    /// <summary>Makes a unicast route of the main table.</summary>
    public RouteMessage()
    {
    }

    /// <summary>Where the packets go; the prefix of length 0 for a default route.</summary>
    public required InetPrefix Destination { get; init; }

    /// <summary>The routing table.</summary>
    public uint Table { get; init; } = MainTable;

    /// <summary>The metric. For an IPv6 route that is made, 0 means 1024.</summary>
    public uint Metric { get; init; }

    /// <summary>What happens to a packet that matches.</summary>
    public RouteType Type { get; init; } = RouteType.Unicast;

    /// <summary>Who installed the route (rtm_protocol).</summary>
    public byte Protocol { get; init; }

    /// <summary>How far the destination is (rtm_scope). A request leaves it to the other values when this is <see langword="null"/>: the link for an IPv4 route
    /// without a gateway, everywhere for all others.</summary>
    public byte? Scope { get; init; }

    /// <summary>The next hop; none for a route onto the link itself. An IPv4 route may have an IPv6 one.</summary>
    public InetAddress Gateway { get; init; }

    /// <summary>The index of the link that the packets leave through; 0 for none, or (in a request) for the one that the gateway is on.</summary>
    public int Link { get; init; }

    /// <summary>Whether the gateway is taken to be on the link although no address says so.</summary>
    public bool IsOnLink { get; init; }

    /// <summary>The source address for packets of this host.</summary>
    public InetAddress PreferredSource { get; init; }

    /// <summary>The route's MTU in bytes; 0 for the link's.</summary>
    public int Mtu { get; init; }

    /// <summary>Whether the route has several next hops; then <see cref="Gateway"/> and <see cref="Link"/> are empty.</summary>
    public bool IsMultipath { get; init; }

    /// <summary>The id of the next-hop object that the route uses; 0 for none.</summary>
    public uint NextHop { get; init; }

    /// <summary>Whether this is a cache entry and no route (RTM_F_CLONED).</summary>
    public bool IsCloned { get; init; }

    /// <summary>Whether the message says that the route is gone.</summary>
    public bool IsRemoval { get; init; }

    /// <summary>Reads RTM_NEWROUTE and RTM_DELROUTE of IPv4 and IPv6.</summary>
    public static bool TryRead(NetlinkMessage message, out RouteMessage route)
    {
        route = default;
        if (message.Type is not (RTM_NEWROUTE or RTM_DELROUTE)
            || !message.TryRead<rtmsg>(out var header, out var attributes)
            || header.rtm_family is not (RouteFamilies.IPv4 or RouteFamilies.IPv6))
        {
            return false;
        }

        // A default route has no RTA_DST.
        var destination = header.rtm_family == RouteFamilies.IPv4 ? InetAddress.FromIPv4(0) : InetAddress.FromIPv6(0);
        route = new RouteMessage
        {
            Destination = default,
            Table = header.rtm_table,
            Type = (RouteType)header.rtm_type,
            Protocol = header.rtm_protocol,
            Scope = header.rtm_scope,
            IsOnLink = (header.rtm_flags & RTNH_F_ONLINK) != 0,
            IsCloned = (header.rtm_flags & RTM_F_CLONED) != 0,
            IsRemoval = message.Type == RTM_DELROUTE,
        };
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case RTA_DST:
                    destination = attribute.AsAddress();
                    break;
                case RTA_TABLE:
                    route = route with { Table = attribute.AsUInt32() };
                    break;
                case RTA_PRIORITY:
                    route = route with { Metric = attribute.AsUInt32() };
                    break;
                case RTA_GATEWAY:
                    route = route with { Gateway = attribute.AsAddress() };
                    break;
                case RTA_VIA when attribute.Value.Length > sizeof(ushort):
                    // struct rtvia: a family, then the address.
                    route = route with { Gateway = InetAddress.Read(attribute.Value[sizeof(ushort)..]) };
                    break;
                case RTA_OIF:
                    route = route with { Link = attribute.AsInt32() };
                    break;
                case RTA_PREFSRC:
                    route = route with { PreferredSource = attribute.AsAddress() };
                    break;
                case RTA_MULTIPATH:
                    route = route with { IsMultipath = true };
                    break;
                case RTA_NH_ID:
                    route = route with { NextHop = attribute.AsUInt32() };
                    break;
                case RTA_METRICS:
                    foreach (var metric in attribute.AsNested())
                    {
                        if (metric.Type == RTAX_MTU)
                        {
                            route = route with { Mtu = metric.AsInt32() };
                        }
                    }

                    break;
            }
        }

        if (!RouteFamilies.Matches(header.rtm_family, destination) || header.rtm_dst_len > destination.Size * 8)
        {
            return false;
        }

        route = route with { Destination = new InetPrefix(destination, header.rtm_dst_len) };
        return true;
    }
}
