namespace Overlay.WireGuard.Protocol.Packets;

/// <summary>Explicit congestion notification through the tunnel (RFC 6040), and the traffic classes that the outer packets carry.</summary>
internal static class Ecn
{
    /// <summary>The class of handshake packets: DSCP AF41, as in the kernel.</summary>
    public const byte HandshakeTrafficClass = 0x88;

    private const byte Mask = 3;
    private const byte NotCapable = 0;
    private const byte Capable1 = 1;
    private const byte Capable0 = 2;
    private const byte CongestionExperienced = 3;

    /// <summary>The class of the outer packet: the inner ECN field, and no DSCP, which would tell what is inside (section 4.1, normal mode).</summary>
    public static byte Encapsulate(byte innerTrafficClass) => (byte)(innerTrafficClass & Mask);

    /// <summary>The class that the inner packet leaves the tunnel with (section 4.2, figure 4).</summary>
    /// <returns><see langword="false"/> when the packet must be dropped: congestion was marked, and the inner packet cannot say so.</returns>
    public static bool TryDecapsulate(byte outerTrafficClass, byte innerTrafficClass, out byte result)
    {
        var outer = outerTrafficClass & Mask;
        var inner = innerTrafficClass & Mask;
        result = innerTrafficClass;
        switch (outer)
        {
            case CongestionExperienced:
                result = (byte)(innerTrafficClass | CongestionExperienced);
                return inner != NotCapable;
            case Capable1 when inner == Capable0:
                result = (byte)((innerTrafficClass & ~Mask) | Capable1);
                return true;
            default:
                return true;
        }
    }
}
