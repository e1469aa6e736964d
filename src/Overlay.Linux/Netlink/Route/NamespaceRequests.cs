using System.Runtime.InteropServices;
using Overlay.Linux.Interop;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Appends requests about other network namespaces, which the kernel numbers for each namespace that looks at them (net/core/net_namespace.c).</summary>
internal static class NamespaceRequests
{
    /// <summary>Asks by which number an open namespace is known here.</summary>
    public static void GetNamespaceId(this NetlinkBatch batch, SafeHandle target)
    {
        using var message = batch.Begin(RTM_GETNSID, NetlinkFlags.None, "get namespace", default(rtgenmsg));
        message.Add(NETNSA_FD, (int)target.DangerousGetHandle());
    }

    /// <summary>Asks to give another namespace a number here, so that sockets may hear of it. An error (EEXIST) if it has one.</summary>
    public static void NumberNamespace(this NetlinkBatch batch, SafeHandle target)
    {
        using var message = batch.Begin(RTM_NEWNSID, NetlinkFlags.None, "number namespace", default(rtgenmsg));
        message.Add(NETNSA_NSID, NETNSA_NSID_NOT_ASSIGNED);
        message.Add(NETNSA_FD, (int)target.DangerousGetHandle());
    }

    /// <summary>Asks what a link in another namespace is like. The kernel answers whoever has CAP_NET_ADMIN over that namespace; nobody has to enter it.</summary>
    public static void GetLink(this NetlinkBatch batch, int namespaceId, int index)
    {
        using var message = batch.Begin(RTM_GETLINK, NetlinkFlags.None, "get link", new ifinfomsg { ifi_index = index });
        message.Add(IFLA_TARGET_NETNSID, namespaceId);
        message.Add(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    }

    /// <summary>Reads the answer to <see cref="GetNamespaceId"/>; refuses that of a namespace without a number.</summary>
    public static bool TryReadNamespaceId(NetlinkMessage message, out int id)
    {
        id = NETNSA_NSID_NOT_ASSIGNED;
        if (message.Type == RTM_NEWNSID && message.TryRead<rtgenmsg>(out _, out var attributes))
        {
            foreach (var attribute in attributes)
            {
                if (attribute.Type == NETNSA_NSID)
                {
                    id = attribute.AsInt32();
                }
            }
        }

        return id != NETNSA_NSID_NOT_ASSIGNED;
    }

    /// <summary>Lets the socket hear what is announced in every namespace that has a number here (Linux 4.2).</summary>
    public static void ListenEverywhere(this NetlinkSocket socket)
    {
        _ = NetlinkCalls.SetOption(socket.Handle, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1);
        socket.Join(RTNLGRP_NSID);
    }
}
