using System.Buffers.Binary;

namespace Overlay.WireGuard.Device.Offload;

/// <summary>Where the parts of a TCP or UDP packet over IPv4 without options or IPv6 without extension headers begin: the only packets worth joining.</summary>
internal readonly record struct TransportHeader(byte Protocol, int Start, int Length)
{
    public const byte Tcp = 6;
    public const byte Udp = 17;

    private const int IPv4Size = 20;
    private const int IPv6Size = 40;
    private const int TcpSize = 20;
    private const int UdpSize = 8;

    /// <summary>Where the checksum stands in the transport header.</summary>
    public int ChecksumOffset => Protocol == Tcp ? 16 : 6;

    /// <summary>Where the payload begins.</summary>
    public int PayloadStart => Start + Length;

    /// <summary>Succeeds for a packet that is no fragment and whose headers are whole. <paramref name="packet"/> is a valid IP packet.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out TransportHeader header)
    {
        header = default;
        var isIPv6 = packet[0] >> 4 == 6;
        // 0x3FFF: more fragments, and the offset.
        if (!isIPv6 && (packet[0] != 0x45 || (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3FFF) != 0))
        {
            return false;
        }

        var start = isIPv6 ? IPv6Size : IPv4Size;
        var protocol = isIPv6 ? packet[6] : packet[9];
        switch (protocol)
        {
            case Tcp when packet.Length >= start + TcpSize:
                header = new TransportHeader(Tcp, start, (packet[start + 12] >> 4) * 4);
                return header.Length >= TcpSize && packet.Length >= header.PayloadStart;
            case Udp when packet.Length >= start + UdpSize:
                header = new TransportHeader(Udp, start, UdpSize);
                return BinaryPrimitives.ReadUInt16BigEndian(packet[(start + 4)..]) == packet.Length - start;
            default:
                return false;
        }
    }
}
