using System.Net.Sockets;
using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Appends requests about neighbours and forwarding entries to a batch.</summary>
public static class NeighbourRequests
{
    /// <summary>Asks for a permanent neighbour, in place of what is known of that address.</summary>
    public static void ReplaceNeighbour(this NetlinkBatch batch, int link, InetAddress address, MacAddress mac)
    {
        var header = new ndmsg { ndm_family = RouteFamilies.Of(address), ndm_ifindex = link, ndm_state = (ushort)NeighbourStates.Permanent };
        using var message = batch.Begin(RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Replace, "replace neighbour", header);
        message.Add(NDA_DST, address);
        message.Add(NDA_LLADDR, mac);
    }

    /// <summary>Asks to forget a neighbour.</summary>
    public static void DeleteNeighbour(this NetlinkBatch batch, int link, InetAddress address)
    {
        var header = new ndmsg { ndm_family = RouteFamilies.Of(address), ndm_ifindex = link, ndm_state = (ushort)NeighbourStates.Permanent };
        using var message = batch.Begin(RTM_DELNEIGH, NetlinkFlags.None, "delete neighbour", header);
        message.Add(NDA_DST, address);
    }

    /// <summary>Asks for the neighbours of all links, or of one; of both families, or of one.</summary>
    public static void DumpNeighbours(this NetlinkBatch batch, int link = 0, AddressFamily family = AddressFamily.Unspecified)
    {
        using var message = batch.Begin(RTM_GETNEIGH, NetlinkFlags.Dump, "dump neighbours", new ndmsg { ndm_family = RouteFamilies.Of(family) });
        if (link != 0)
        {
            message.Add(NDA_IFINDEX, link);
        }
    }

    /// <summary>Asks for a permanent forwarding entry of a VXLAN link, in place of what is known of that Ethernet address.</summary>
    public static void ReplaceForwarding(this NetlinkBatch batch, int link, MacAddress mac, InetAddress remote)
    {
        using var message = BeginForwarding(batch, RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Replace, "replace forwarding entry", link, NeighbourStates.Permanent);
        message.Add(NDA_LLADDR, mac);
        message.Add(NDA_DST, remote);
    }

    /// <summary>Asks for one more remote VTEP behind an Ethernet address; this is how the zero address gets its list.</summary>
    public static void AppendForwarding(this NetlinkBatch batch, int link, MacAddress mac, InetAddress remote)
    {
        using var message = BeginForwarding(batch, RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Append, "append forwarding entry", link, NeighbourStates.Permanent);
        message.Add(NDA_LLADDR, mac);
        message.Add(NDA_DST, remote);
    }

    /// <summary>Asks to remove a forwarding entry of a VXLAN link: one remote of it, or all if none is given.</summary>
    public static void DeleteForwarding(this NetlinkBatch batch, int link, MacAddress mac, InetAddress remote = default)
    {
        using var message = BeginForwarding(batch, RTM_DELNEIGH, NetlinkFlags.None, "delete forwarding entry", link, NeighbourStates.None);
        message.Add(NDA_LLADDR, mac);
        if (!remote.IsNone)
        {
            message.Add(NDA_DST, remote);
        }
    }

    /// <summary>Asks for the forwarding entries of all links, or of one.</summary>
    public static void DumpForwarding(this NetlinkBatch batch, int link = 0)
    {
        using var message = batch.Begin(RTM_GETNEIGH, NetlinkFlags.Dump, "dump forwarding entries", new ndmsg { ndm_family = RouteFamilies.Bridge, ndm_ifindex = link });
    }

    private static NetlinkMessageWriter BeginForwarding(NetlinkBatch batch, ushort type, NetlinkFlags flags, string operation, int link, NeighbourStates state)
    {
        var header = new ndmsg { ndm_family = RouteFamilies.Bridge, ndm_ifindex = link, ndm_state = (ushort)state, ndm_flags = NTF_SELF };
        return batch.Begin(type, flags, operation, header);
    }
}
