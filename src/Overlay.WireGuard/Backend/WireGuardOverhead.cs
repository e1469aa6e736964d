namespace Overlay.WireGuard.Backend;

/// <summary>How many bytes of an outer packet are not the inner packet's: the IP and UDP headers, 16 bytes of message header and 16 of Poly1305.</summary>
internal static class WireGuardOverhead
{
    private const int Udp = 8;
    private const int Message = 32;

    /// <summary>60 bytes over IPv4.</summary>
    public const int OverIPv4 = 20 + Udp + Message;

    /// <summary>80 bytes over IPv6.</summary>
    public const int OverIPv6 = 40 + Udp + Message;
}
