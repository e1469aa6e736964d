using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Appends requests about the queues of links to a batch (tc(8)).</summary>
public static class QueueRequests
{
    private const uint IngressHandle = 0xFFFF_0000;
    private const uint RootHandle = 0x0001_0000;

    /// <summary>Asks that a link send no faster than a rate: a token bucket filter (tc-tbf(8)).</summary>
    /// <param name="batch">Where the request is appended.</param>
    /// <param name="link">The index of the link.</param>
    /// <param name="rate">Bytes in a second.</param>
    /// <param name="burst">Bytes that may be sent at once after a pause.</param>
    /// <param name="limit">Bytes that may wait; what is more is dropped.</param>
    public static void LimitRate(this NetlinkBatch batch, int link, ulong rate, uint burst, uint limit)
    {
        var header = new tcmsg { tcm_ifindex = link, tcm_handle = RootHandle, tcm_parent = TC_H_ROOT };
        using var message = batch.Begin(RTM_NEWQDISC, NetlinkFlags.Create | NetlinkFlags.Replace, "limit rate", header);
        message.Add(TCA_KIND, "tbf");
        using var options = message.Begin(TCA_OPTIONS);
        var speed = new tc_ratespec { linklayer = TC_LINKLAYER_ETHERNET, rate = (uint)Math.Min(rate, uint.MaxValue) };
        Add(message, TCA_TBF_PARMS, new tc_tbf_qopt { rate = speed, limit = limit });
        message.Add(TCA_TBF_BURST, burst);
        if (rate > uint.MaxValue)
        {
            message.Add(TCA_TBF_RATE64, rate);
        }
    }

    /// <summary>Asks that everything that comes in by a link go out by another instead.</summary>
    /// <param name="batch">Where the requests are appended.</param>
    /// <param name="link">The index of the link.</param>
    /// <param name="target">The index of the other.</param>
    public static void RedirectIncoming(this NetlinkBatch batch, int link, int target)
    {
        using (var queue = batch.Begin(
            RTM_NEWQDISC, NetlinkFlags.Create | NetlinkFlags.Replace, "new ingress queue", new tcmsg { tcm_ifindex = link, tcm_handle = IngressHandle, tcm_parent = TC_H_INGRESS }))
        {
            queue.Add(TCA_KIND, "ingress");
        }

        // The upper half is the filter's priority.
        var header = new tcmsg { tcm_ifindex = link, tcm_parent = IngressHandle, tcm_info = (1u << 16) | (ushort)IPAddress.HostToNetworkOrder((short)ETH_P_ALL) };
        using var message = batch.Begin(RTM_NEWTFILTER, NetlinkFlags.Create | NetlinkFlags.Exclusive, "redirect packets", header);
        message.Add(TCA_KIND, "u32");
        using var options = message.Begin(TCA_OPTIONS);
        Add(message, TCA_U32_SEL, new Everything { Selector = new tc_u32_sel { flags = TC_U32_TERMINAL, nkeys = 1 } });
        using var actions = message.Begin(TCA_U32_ACT);
        using var first = message.Begin(1);
        message.Add(TCA_ACT_KIND, "mirred");
        using var parameters = message.Begin(TCA_ACT_OPTIONS);
        Add(message, TCA_MIRRED_PARMS, new tc_mirred { action = TC_ACT_STOLEN, eaction = TCA_EGRESS_REDIR, ifindex = (uint)target });
    }

    private static void Add<T>(NetlinkMessageWriter message, ushort type, T value)
        where T : unmanaged
    {
        Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, value);
        message.Add(type, bytes);
    }

    /// <summary>A selector with one key, which has no mask and so matches every packet.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Everything
    {
        public tc_u32_sel Selector;
        public tc_u32_key Key;
    }
}
