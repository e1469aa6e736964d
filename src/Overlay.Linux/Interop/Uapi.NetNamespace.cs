using System.Runtime.InteropServices;

namespace Overlay.Linux.Interop;

// linux/net_namespace.h, and struct rtgenmsg of linux/rtnetlink.h.
internal static partial class Uapi
{
    internal const ushort NETNSA_NSID = 1;
    internal const ushort NETNSA_FD = 3;
    internal const int NETNSA_NSID_NOT_ASSIGNED = -1;

    [StructLayout(LayoutKind.Sequential)]
    internal struct rtgenmsg
    {
        public byte rtgen_family;
    }
}
