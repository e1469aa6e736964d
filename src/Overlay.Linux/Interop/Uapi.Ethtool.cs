using System.Runtime.InteropServices;

namespace Overlay.Linux.Interop;

// linux/ethtool.h, linux/sockios.h and linux/if.h.
internal static partial class Uapi
{
    internal const int SIOCETHTOOL = 0x8946;
    internal const uint ETHTOOL_GDRVINFO = 0x3;
    internal const uint ETHTOOL_GSTRINGS = 0x1b;
    internal const uint ETHTOOL_GSSET_INFO = 0x37;
    internal const uint ETHTOOL_GFEATURES = 0x3a;
    internal const uint ETHTOOL_SFEATURES = 0x3b;
    internal const uint ETH_SS_FEATURES = 4;
    internal const int ETH_GSTRING_LEN = 32;
    internal const int ETHTOOL_F_UNSUPPORTED = 1;
    internal const int ETHTOOL_F_WISH = 2;

    [StructLayout(LayoutKind.Sequential)]
    internal struct ethtool_get_features_block
    {
        public uint available;
        public uint requested;
        public uint active;
        public uint never_changed;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ethtool_set_features_block
    {
        public uint valid;
        public uint requested;
    }

    /// <summary>The start of what the command answers, as long as the whole.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 196)]
    internal unsafe struct ethtool_drvinfo
    {
        public uint cmd;
        public fixed byte driver[32];
    }

    /// <summary>The one member of the union that we use is a pointer; the union is as long as its longest member.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    internal unsafe struct ifreq
    {
        public fixed byte ifr_name[IFNAMSIZ];
        public void* ifr_data;
    }
}
