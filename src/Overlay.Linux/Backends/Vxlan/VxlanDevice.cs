using System.Globalization;

namespace Overlay.Linux.Backends.Vxlan;

/// <summary>The names of the devices.</summary>
internal static class VxlanDevice
{
    // IFNAMSIZ of linux/if.h is 16, with the zero at the end.
    private const int LongestName = 15;

    /// <summary>Flannel's name: <c>flannel.1</c> or <c>flannel-v6.1</c>. A VNI with which it is longer than a name may be (from 10,000,000, for IPv6
    /// from 10,000), so that flannel cannot serve it at all, has <c>fl.</c> or <c>fl-v6.</c> before it.</summary>
    public static string Name(int vni, bool isIPv6)
    {
        var number = vni.ToString(CultureInfo.InvariantCulture);
        var name = (isIPv6 ? "flannel-v6." : "flannel.") + number;
        return name.Length <= LongestName ? name : (isIPv6 ? "fl-v6." : "fl.") + number;
    }
}
