using System.Runtime.InteropServices;
using Overlay.Linux.Interop;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Requests about other network namespaces.</summary>
internal static class NamespaceRequests
{
    /// <summary>Gives another namespace a number in this one, so that sockets here may hear of it. An error (EEXIST) if it has one.</summary>
    public static void NumberNamespace(this NetlinkBatch batch, SafeHandle other)
    {
        using var message = batch.Begin(RTM_NEWNSID, NetlinkFlags.None, "number namespace", default(rtgenmsg));
        message.Add(NETNSA_NSID, -1);
        message.Add(NETNSA_FD, (int)other.DangerousGetHandle());
    }

    /// <summary>Lets the socket hear what is announced in every namespace that has a number here (Linux 4.2).</summary>
    public static void ListenEverywhere(this NetlinkSocket socket)
    {
        _ = NetlinkCalls.SetOption(socket.Handle, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1);
        socket.Join(RTNLGRP_NSID);
    }
}
