using System.Runtime.InteropServices;

namespace Overlay.Linux.Interop;

// linux/if_tun.h and linux/virtio_net.h.
internal static partial class Uapi
{
    internal const nuint TUNSETIFF = 0x400454CA;
    internal const nuint TUNSETOFFLOAD = 0x400454D0;
    internal const nuint TUNGETIFF = 0x800454D2;
    internal const nuint TUNGETDEVNETNS = 0x54E3;

    internal const ushort IFF_TUN = 0x0001;
    internal const ushort IFF_MULTI_QUEUE = 0x0100;
    internal const ushort IFF_NO_PI = 0x1000;
    internal const ushort IFF_VNET_HDR = 0x4000;

    internal const uint TUN_F_CSUM = 0x01;
    internal const uint TUN_F_TSO4 = 0x02;
    internal const uint TUN_F_TSO6 = 0x04;
    internal const uint TUN_F_USO4 = 0x20;
    internal const uint TUN_F_USO6 = 0x40;

    /// <summary>The member of the union that TUNSETIFF and TUNGETIFF use.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    internal unsafe struct ifreq_flags
    {
        public fixed byte ifr_name[IFNAMSIZ];
        public ushort ifr_flags;
    }
}
