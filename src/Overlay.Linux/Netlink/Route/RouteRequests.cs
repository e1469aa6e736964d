using System.Net.Sockets;
using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Appends requests about routes to a batch.</summary>
public static class RouteRequests
{
    /// <summary>Asks for a route, in place of one with the same key (destination, table, metric).</summary>
    public static void ReplaceRoute(this NetlinkBatch batch, in RouteMessage route) =>
        Write(batch, RTM_NEWROUTE, NetlinkFlags.Create | NetlinkFlags.Replace, "replace route", route);

    /// <summary>Asks for a route; it is an error (EEXIST) when its key exists.</summary>
    public static void CreateRoute(this NetlinkBatch batch, in RouteMessage route) =>
        Write(batch, RTM_NEWROUTE, NetlinkFlags.Create | NetlinkFlags.Exclusive, "new route", route);

    /// <summary>Asks for a route behind those with the same key. An IPv6 route becomes a further next hop of what is there.</summary>
    public static void AppendRoute(this NetlinkBatch batch, in RouteMessage route) =>
        Write(batch, RTM_NEWROUTE, NetlinkFlags.Create | NetlinkFlags.Append, "append route", route);

    /// <summary>Asks to take a route away. The kernel takes the first one that has the same destination and table and whatever else is set: metric, gateway,
    /// link, protocol, scope, and (IPv4) type, where <see cref="RouteType.Unspecified"/> stands for any.</summary>
    public static void DeleteRoute(this NetlinkBatch batch, in RouteMessage route)
    {
        // RT_SCOPE_NOWHERE matches every scope.
        Write(batch, RTM_DELROUTE, NetlinkFlags.None, "delete route", route with { Scope = route.Scope ?? RT_SCOPE_NOWHERE });
    }

    /// <summary>Asks which route packets to <paramref name="destination"/> take.</summary>
    /// <param name="batch">Where the request is appended.</param>
    /// <param name="destination">Where the packets go.</param>
    /// <param name="link">The index of the link that they have to leave through; 0 for any.</param>
    /// <param name="mark">Their firewall mark, which rules may ask for; 0 for none.</param>
    public static void GetRoute(this NetlinkBatch batch, InetAddress destination, int link = 0, uint mark = 0)
    {
        var header = new rtmsg
        {
            rtm_family = RouteFamilies.Of(destination),
            rtm_dst_len = (byte)(destination.Size * 8),
            // Without it the answer for IPv4 names the main table whatever table the route is in; for IPv6 it is refused.
            rtm_flags = destination.IsIPv6 ? 0 : RTM_F_LOOKUP_TABLE,
        };
        using var message = batch.Begin(RTM_GETROUTE, NetlinkFlags.None, "get route", header);
        message.Add(RTA_DST, destination);
        if (link != 0)
        {
            message.Add(RTA_OIF, link);
        }

        if (mark != 0)
        {
            message.Add(RTA_MARK, mark);
        }
    }

    /// <summary>Asks for the routes of both families or of one, optionally only those of a table, a link or a protocol.</summary>
    public static void DumpRoutes(this NetlinkBatch batch, AddressFamily family = AddressFamily.Unspecified, uint table = 0, int link = 0, byte protocol = 0)
    {
        var header = new rtmsg { rtm_family = RouteFamilies.Of(family), rtm_protocol = protocol };
        using var message = batch.Begin(RTM_GETROUTE, NetlinkFlags.Dump, "dump routes", header);
        if (table != 0)
        {
            message.Add(RTA_TABLE, table);
        }

        if (link != 0)
        {
            message.Add(RTA_OIF, link);
        }
    }

    private static void Write(NetlinkBatch batch, ushort type, NetlinkFlags flags, string operation, in RouteMessage route)
    {
        var destination = route.Destination.Address;
        var header = new rtmsg
        {
            rtm_family = RouteFamilies.Of(destination),
            rtm_dst_len = route.Destination.Length,
            rtm_table = route.Table <= byte.MaxValue ? (byte)route.Table : RT_TABLE_UNSPEC,
            rtm_protocol = route.Protocol,
            rtm_scope = route.Scope ?? DefaultScope(route),
            rtm_type = (byte)route.Type,
            rtm_flags = route.IsOnLink ? RTNH_F_ONLINK : 0,
        };
        using var message = batch.Begin(type, flags, operation, header);
        if (route.Destination.Length > 0)
        {
            message.Add(RTA_DST, destination);
        }

        if (route.Table > byte.MaxValue)
        {
            message.Add(RTA_TABLE, route.Table);
        }

        if (route.Metric != 0)
        {
            message.Add(RTA_PRIORITY, route.Metric);
        }

        WriteGateway(message, destination, route.Gateway);
        if (route.Link != 0)
        {
            message.Add(RTA_OIF, route.Link);
        }

        if (!route.PreferredSource.IsNone)
        {
            message.Add(RTA_PREFSRC, route.PreferredSource);
        }

        if (route.Mtu != 0)
        {
            using var metrics = message.Begin(RTA_METRICS);
            message.Add(RTAX_MTU, route.Mtu);
        }
    }

    private static void WriteGateway(NetlinkMessageWriter message, InetAddress destination, InetAddress gateway)
    {
        if (gateway.IsNone)
        {
            return;
        }

        if (gateway.IsIPv6 == destination.IsIPv6)
        {
            message.Add(RTA_GATEWAY, gateway);
            return;
        }

        // struct rtvia: a family in host order, then the address.
        Span<byte> via = stackalloc byte[sizeof(ushort) + 16];
        via.Clear();
        System.Runtime.InteropServices.MemoryMarshal.Write(via, (ushort)RouteFamilies.Of(gateway));
        gateway.Write(via[sizeof(ushort)..]);
        message.Add(RTA_VIA, via[..(sizeof(ushort) + gateway.Size)]);
    }

    // As iproute2 chooses: the kernel wants a gateway to be nearer than what is behind it.
    private static byte DefaultScope(in RouteMessage route) => route switch
    {
        { Destination.Address.IsIPv6: true } => RT_SCOPE_UNIVERSE,
        { Type: RouteType.Local } => RT_SCOPE_HOST,
        { Type: RouteType.Unicast, Gateway.IsNone: true } => RT_SCOPE_LINK,
        _ => RT_SCOPE_UNIVERSE,
    };
}
