using System.Net.Sockets;
using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Appends requests about addresses to a batch.</summary>
public static class AddressRequests
{
    /// <summary>Asks to give a link an address, or to keep one that it has.</summary>
    /// <param name="batch">Where the request is appended.</param>
    /// <param name="link">The index of the link.</param>
    /// <param name="address">The address with its prefix length.</param>
    /// <param name="flags"><see cref="AddressFlags.NoDuplicateDetection"/> makes an IPv6 address usable at once.</param>
    public static void ReplaceAddress(this NetlinkBatch batch, int link, InetPrefix address, AddressFlags flags = AddressFlags.None)
    {
        using var message = Begin(batch, RTM_NEWADDR, NetlinkFlags.Create | NetlinkFlags.Replace, "new address", link, address, flags);
        if ((uint)flags > byte.MaxValue)
        {
            message.Add(IFA_FLAGS, (uint)flags);
        }
    }

    /// <summary>Asks to take an address away. With the last IPv4 address of a link its IPv4 routes go without an announcement.</summary>
    public static void DeleteAddress(this NetlinkBatch batch, int link, InetPrefix address)
    {
        using var message = Begin(batch, RTM_DELADDR, NetlinkFlags.None, "delete address", link, address);
    }

    /// <summary>Asks for the addresses of all links, or of one; of both families, or of one.</summary>
    public static void DumpAddresses(this NetlinkBatch batch, int link = 0, AddressFamily family = AddressFamily.Unspecified)
    {
        var header = new ifaddrmsg { ifa_family = RouteFamilies.Of(family), ifa_index = (uint)link };
        using var message = batch.Begin(RTM_GETADDR, NetlinkFlags.Dump, "dump addresses", header);
    }

    private static NetlinkMessageWriter Begin(NetlinkBatch batch, ushort type, NetlinkFlags flags, string operation, int link, InetPrefix address, AddressFlags state = AddressFlags.None)
    {
        var header = new ifaddrmsg
        {
            ifa_family = RouteFamilies.Of(address.Address),
            ifa_prefixlen = address.Length,
            ifa_flags = unchecked((byte)state),
            ifa_index = (uint)link,
        };
        var message = batch.Begin(type, flags, operation, header);
        message.Add(IFA_LOCAL, address.Address);
        message.Add(IFA_ADDRESS, address.Address);
        return message;
    }
}
