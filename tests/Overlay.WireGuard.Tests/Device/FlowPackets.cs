using System.Buffers.Binary;
using System.Net;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>TCP and UDP packets, written the slow and obvious way.</summary>
internal sealed record FlowPackets(bool IsIPv6, bool IsTcp, ushort Port = 1000, int Options = 12, byte TrafficClass = 0, bool MayFragment = false)
{
    public int HeaderLength => (IsIPv6 ? 40 : 20) + (IsTcp ? 20 + Options : 8);

    /// <summary>A whole packet with right checksums.</summary>
    public byte[] Create(ReadOnlySpan<byte> payload, uint sequence, ushort identification, byte flags = 0x10, ushort window = 500)
    {
        var ip = IsIPv6 ? 40 : 20;
        var packet = new byte[HeaderLength + payload.Length];
        if (IsIPv6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(packet, 0x6000_0000u | ((uint)TrafficClass << 20));
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
            (packet[6], packet[7]) = (IsTcp ? (byte)6 : (byte)17, 64);
            IPAddress.Parse("fd50::1").TryWriteBytes(packet.AsSpan(8), out _);
            IPAddress.Parse("fd50::2").TryWriteBytes(packet.AsSpan(24), out _);
        }
        else
        {
            (packet[0], packet[1], packet[6], packet[8], packet[9]) = (0x45, TrafficClass, MayFragment ? (byte)0 : (byte)0x40, 64, IsTcp ? (byte)6 : (byte)17);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), identification);
            IPAddress.Parse("10.0.1.1").TryWriteBytes(packet.AsSpan(12), out _);
            IPAddress.Parse("10.0.2.1").TryWriteBytes(packet.AsSpan(16), out _);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), Checksum(packet.AsSpan(0, 20)));
        }

        var transport = packet.AsSpan(ip);
        BinaryPrimitives.WriteUInt16BigEndian(transport, Port);
        BinaryPrimitives.WriteUInt16BigEndian(transport[2..], 80);
        payload.CopyTo(packet.AsSpan(HeaderLength));
        if (IsTcp)
        {
            BinaryPrimitives.WriteUInt32BigEndian(transport[4..], sequence);
            BinaryPrimitives.WriteUInt32BigEndian(transport[8..], 77);
            (transport[12], transport[13]) = ((byte)((20 + Options) / 4 << 4), flags);
            BinaryPrimitives.WriteUInt16BigEndian(transport[14..], window);
            transport.Slice(20, Options).Fill(1);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(transport[4..], (ushort)transport.Length);
        }

        var field = transport[(IsTcp ? 16 : 6)..];
        var checksum = Checksum([.. Pseudo(packet, transport.Length), .. transport]);
        BinaryPrimitives.WriteUInt16BigEndian(field, checksum == 0 && !IsTcp ? ushort.MaxValue : checksum);
        return packet;
    }

    /// <summary>What a payload longer than a segment is on the wire.</summary>
    public List<byte[]> Cut(ReadOnlySpan<byte> payload, int segmentSize, uint sequence, ushort identification, byte lastFlags)
    {
        var packets = new List<byte[]>();
        for (var offset = 0; offset < payload.Length; offset += segmentSize)
        {
            var part = payload.Slice(offset, Math.Min(segmentSize, payload.Length - offset));
            var isLast = offset + part.Length == payload.Length;
            packets.Add(Create(part, sequence + (uint)offset, (ushort)(identification + packets.Count), isLast ? lastFlags : (byte)(lastFlags & ~0x09)));
        }

        return packets;
    }

    /// <summary>The words of RFC 1071, one by one.</summary>
    public static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var i = 0; i < bytes.Length; i++)
        {
            sum += (i & 1) == 0 ? (uint)bytes[i] << 8 : bytes[i];
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    public static byte[] Pseudo(ReadOnlySpan<byte> packet, int length)
    {
        var isIPv6 = packet[0] >> 4 == 6;
        byte[] addresses = (isIPv6 ? packet[8..40] : packet[12..20]).ToArray();
        return [.. addresses, 0, isIPv6 ? packet[6] : packet[9], (byte)(length >> 8), (byte)length];
    }
}
