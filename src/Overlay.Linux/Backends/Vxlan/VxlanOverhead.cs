namespace Overlay.Linux.Backends.Vxlan;

/// <summary>How many bytes of an outer packet are not the inner packet's (drivers/net/vxlan: VXLAN_HEADROOM, VXLAN6_HEADROOM).</summary>
internal static class VxlanOverhead
{
    private const int InnerEthernet = 14;
    private const int VxlanHeader = 8;
    private const int Udp = 8;

    /// <summary>50 bytes over IPv4.</summary>
    public const int OverIPv4 = 20 + Udp + VxlanHeader + InnerEthernet;

    /// <summary>70 bytes over IPv6.</summary>
    public const int OverIPv6 = 40 + Udp + VxlanHeader + InnerEthernet;
}
