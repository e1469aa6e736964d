using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Appends requests that change the MTU of routes and nothing else of them.</summary>
internal static class RouteMtuRequests
{
    // Flags that describe a route's state; the kernel refuses them in a request (fib_create_info of net/ipv4/fib_semantics.c).
    private const uint StateFlags = 1 /* RTNH_F_DEAD */ | 8 /* RTNH_F_OFFLOAD */ | 16 /* RTNH_F_LINKDOWN */ | 32 /* RTNH_F_UNRESOLVED */ | 64 /* RTNH_F_TRAP */;

    /// <summary>Asks for the route that the message tells of, with another MTU. What this library does not know of the route stays too, because the kernel's own
    /// attributes are sent back.</summary>
    public static void ReplaceMtu(this NetlinkBatch batch, NetlinkMessage route, int mtu)
    {
        if (!route.TryRead<rtmsg>(out var header, out var attributes))
        {
            return;
        }

        header.rtm_flags &= ~(StateFlags | RTM_F_LOOKUP_TABLE);
        var isObject = RouteMessage.TryRead(route, out var view) && view.NextHop != 0;
        using var message = batch.Begin(RTM_NEWROUTE, NetlinkFlags.Create | NetlinkFlags.Replace, "replace route", header);
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case RTA_METRICS:
                    WriteMetrics(message, attribute.AsNested(), mtu);
                    break;
                case RTA_CACHEINFO:
                case RTA_OIF or RTA_GATEWAY or RTA_VIA or RTA_MULTIPATH when isObject:
                    // The next-hop object stands for these, and the kernel takes either.
                    break;
                default:
                    message.Add(attribute.Type, attribute.Value);
                    break;
            }
        }
    }

    private static void WriteMetrics(NetlinkMessageWriter message, NetlinkAttributeReader metrics, int mtu)
    {
        using var nest = message.Begin(RTA_METRICS);
        foreach (var metric in metrics)
        {
            if (metric.Type == RTAX_MTU)
            {
                message.Add(RTAX_MTU, mtu);
            }
            else
            {
                message.Add(metric.Type, metric.Value);
            }
        }
    }
}
