using System.Runtime.InteropServices;

namespace Overlay.Linux.Interop;

// linux/genetlink.h.
internal static partial class Uapi
{
    internal const ushort GENL_ID_CTRL = 0x10;
    internal const byte CTRL_CMD_GETFAMILY = 3;
    internal const ushort CTRL_ATTR_FAMILY_ID = 1;
    internal const ushort CTRL_ATTR_FAMILY_NAME = 2;
    internal const ushort CTRL_ATTR_VERSION = 3;

    [StructLayout(LayoutKind.Sequential)]
    internal struct genlmsghdr
    {
        public byte cmd;
        public byte version;
        public ushort reserved;
    }
}
