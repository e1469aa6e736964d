using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Overlay.Linux.Netlink;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Underlay;

/// <summary>Reads default routes with each of their next hops, those of a multipath route included.</summary>
internal static class DefaultRouteReader
{
    // linux/rtnetlink.h: RTNH_F_DEAD, RTNH_F_LINKDOWN, RTPROT_RA, RTN_UNICAST. linux/socket.h: AF_INET6.
    private const uint DeadOrLinkDown = 1 | 16;
    private const byte RouterAdvertisement = 9;
    private const byte Unicast = 1;
    private const byte IPv6 = 10;

    /// <summary>Succeeds for a unicast default route of the main table.</summary>
    public static bool TryRead(NetlinkMessage message, out DefaultRoute route)
    {
        route = null!;
        if (message.Type != RTM_NEWROUTE
            || !message.TryRead<rtmsg>(out var header, out var attributes)
            || header is not { rtm_dst_len: 0, rtm_type: Unicast })
        {
            return false;
        }

        uint table = header.rtm_table;
        uint metric = 0;
        var interfaces = new List<int>(1);
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case RTA_TABLE:
                    table = attribute.AsUInt32();
                    break;
                case RTA_PRIORITY:
                    metric = attribute.AsUInt32();
                    break;
                case RTA_OIF when (header.rtm_flags & DeadOrLinkDown) == 0:
                    interfaces.Add(attribute.AsInt32());
                    break;
                case RTA_MULTIPATH:
                    AddHops(attribute.Value, interfaces);
                    break;
            }
        }

        route = new DefaultRoute(header.rtm_family == IPv6, metric, interfaces, header.rtm_protocol == RouterAdvertisement);
        return table == RT_TABLE_MAIN;
    }

    private static void AddHops(ReadOnlySpan<byte> hops, List<int> interfaces)
    {
        while (MemoryMarshal.TryRead<rtnexthop>(hops, out var hop) && hop.rtnh_len >= Unsafe.SizeOf<rtnexthop>())
        {
            if ((hop.rtnh_flags & DeadOrLinkDown) == 0 && hop.rtnh_ifindex != 0)
            {
                interfaces.Add(hop.rtnh_ifindex);
            }

            hops = hops[Math.Min(hops.Length, NetlinkAlignment.Up(hop.rtnh_len))..];
        }
    }
}
