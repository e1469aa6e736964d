using System.Buffers.Binary;

namespace Overlay.WireGuard.Protocol.Packets;

/// <summary>A view over the IPv4 or IPv6 packet in a tunnel: as much of its header as the tunnel needs.</summary>
internal readonly ref struct InnerPacket
{
    private const int IPv4HeaderSize = 20;
    private const int IPv6HeaderSize = 40;

    private readonly ReadOnlySpan<byte> _bytes;

    private InnerPacket(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public bool IsIPv6 => _bytes[0] >> 4 == 6;

    /// <summary>The length that the header states; what follows it is padding.</summary>
    public int Length => IsIPv6
        ? IPv6HeaderSize + BinaryPrimitives.ReadUInt16BigEndian(_bytes[4..])
        : BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>Four or sixteen bytes.</summary>
    public ReadOnlySpan<byte> Source => IsIPv6 ? _bytes.Slice(8, 16) : _bytes.Slice(12, 4);

    /// <summary>Four or sixteen bytes.</summary>
    public ReadOnlySpan<byte> Destination => IsIPv6 ? _bytes.Slice(24, 16) : _bytes.Slice(16, 4);

    /// <summary>DSCP and ECN.</summary>
    public byte TrafficClass => IsIPv6 ? (byte)(BinaryPrimitives.ReadUInt16BigEndian(_bytes) >> 4) : _bytes[1];

    /// <summary>Succeeds for a version 4 or 6 whose header is whole and whose stated length lies in <paramref name="bytes"/>.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out InnerPacket packet)
    {
        packet = new InnerPacket(bytes);
        if (bytes.Length < IPv4HeaderSize)
        {
            return false;
        }

        return (bytes[0] >> 4) switch
        {
            4 => packet.Length >= IPv4HeaderSize && packet.Length <= bytes.Length,
            6 => bytes.Length >= IPv6HeaderSize && packet.Length <= bytes.Length,
            _ => false,
        };
    }

    /// <summary>Succeeds for a packet to be sent, whose length field may be that of a super-packet and is not looked at.</summary>
    public static bool TryReadOutgoing(ReadOnlySpan<byte> bytes, out InnerPacket packet)
    {
        packet = new InnerPacket(bytes);
        return bytes.Length >= IPv4HeaderSize && ((bytes[0] >> 4) == 4 || ((bytes[0] >> 4) == 6 && bytes.Length >= IPv6HeaderSize));
    }

    /// <summary>Changes the traffic class of a packet that <see cref="TryRead"/> has accepted, and keeps its checksum right (RFC 1624).</summary>
    public static void SetTrafficClass(Span<byte> packet, byte trafficClass)
    {
        if (packet[0] >> 4 == 6)
        {
            var word = BinaryPrimitives.ReadUInt16BigEndian(packet);
            BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)((word & 0xF00F) | (trafficClass << 4)));
            return;
        }

        var sum = (uint)(ushort)~BinaryPrimitives.ReadUInt16BigEndian(packet[10..]) + (ushort)~BinaryPrimitives.ReadUInt16BigEndian(packet);
        packet[1] = trafficClass;
        sum += BinaryPrimitives.ReadUInt16BigEndian(packet);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], (ushort)~sum);
    }
}
