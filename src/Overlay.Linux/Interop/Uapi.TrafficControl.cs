using System.Runtime.InteropServices;

namespace Overlay.Linux.Interop;

// linux/pkt_sched.h, linux/pkt_cls.h, linux/if_ether.h and linux/tc_act/tc_mirred.h.
internal static partial class Uapi
{
    internal const ushort RTM_NEWQDISC = 36;
    internal const ushort RTM_NEWTFILTER = 44;

    internal const ushort TCA_KIND = 1;
    internal const ushort TCA_OPTIONS = 2;

    internal const uint TC_H_ROOT = 0xFFFFFFFF;
    internal const uint TC_H_INGRESS = 0xFFFFFFF1;

    internal const byte TC_LINKLAYER_ETHERNET = 1;
    internal const ushort TCA_TBF_PARMS = 1;
    internal const ushort TCA_TBF_RATE64 = 4;
    internal const ushort TCA_TBF_BURST = 6;

    internal const ushort ETH_P_ALL = 3;
    internal const ushort TCA_U32_SEL = 5;
    internal const ushort TCA_U32_ACT = 7;
    internal const byte TC_U32_TERMINAL = 1;
    internal const ushort TCA_ACT_KIND = 1;
    internal const ushort TCA_ACT_OPTIONS = 2;
    internal const ushort TCA_MIRRED_PARMS = 2;
    internal const int TC_ACT_STOLEN = 4;
    internal const int TCA_EGRESS_REDIR = 1;

    [StructLayout(LayoutKind.Sequential)]
    internal struct tcmsg
    {
        public byte tcm_family;
        public byte tcm__pad1;
        public ushort tcm__pad2;
        public int tcm_ifindex;
        public uint tcm_handle;
        public uint tcm_parent;
        public uint tcm_info;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct tc_ratespec
    {
        public byte cell_log;
        public byte linklayer;
        public ushort overhead;
        public short cell_align;
        public ushort mpu;
        public uint rate;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct tc_tbf_qopt
    {
        public tc_ratespec rate;
        public tc_ratespec peakrate;
        public uint limit;
        public uint buffer;
        public uint mtu;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct tc_u32_sel
    {
        public byte flags;
        public byte offshift;
        public byte nkeys;
        public ushort offmask;
        public ushort off;
        public short offoff;
        public short hoff;
        public uint hmask;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct tc_u32_key
    {
        public uint mask;
        public uint val;
        public int off;
        public int offmask;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct tc_mirred
    {
        public uint index;
        public uint capab;
        public int action;
        public int refcnt;
        public int bindcnt;
        public int eaction;
        public uint ifindex;
    }
}
