using System.Numerics;
using System.Runtime.InteropServices;

namespace Overlay.WireGuard.Device.Offload;

/// <summary>The checksum of IP, TCP and UDP (RFC 1071). Sums are of words in the host's byte order, which the sum does not mind; a folded sum is stored as
/// it is.</summary>
internal static class InternetChecksum
{
    /// <summary>Adds bytes to a sum; an odd last byte counts as if a zero followed. Only the last piece of what is summed may be odd.</summary>
    public static ulong Add(ulong sum, ReadOnlySpan<byte> bytes)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector<uint>>(bytes);
        if (vectors.Length > 0)
        {
            // Each lane takes two 16-bit words at a time: 65,535 bytes cannot overflow it.
            var (low, high, mask) = (Vector<uint>.Zero, Vector<uint>.Zero, new Vector<uint>(0xFFFF));
            foreach (var vector in vectors)
            {
                low += vector & mask;
                high += vector >>> 16;
            }

            Vector.Widen(low + high, out var left, out var right);
            sum += Vector.Sum(left + right);
            bytes = bytes[(vectors.Length * Vector<byte>.Count)..];
        }

        foreach (var word in MemoryMarshal.Cast<byte, ushort>(bytes))
        {
            sum += word;
        }

        return (bytes.Length & 1) == 0 ? sum : sum + LastByte(bytes[^1]);
    }

    /// <summary>The sum as it goes into the field of a pseudo header: folded, not complemented.</summary>
    public static ushort Fold(ulong sum)
    {
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)((sum & 0xFFFF) + (sum >> 16));
    }

    /// <summary>The checksum of a sum.</summary>
    public static ushort Finish(ulong sum) => (ushort)~Fold(sum);

    /// <summary>The checksum of a UDP datagram, where zero would mean "none" (RFC 768).</summary>
    public static ushort FinishUdp(ulong sum) => Finish(sum) is var checksum and not 0 ? checksum : ushort.MaxValue;

    /// <summary>The sum of the pseudo header of a packet whose header is whole (RFC 793, RFC 8200 section 8.1).</summary>
    public static ulong PseudoHeader(ReadOnlySpan<byte> packet, byte protocol, int length)
    {
        var addresses = packet[0] >> 4 == 6 ? packet[8..40] : packet[12..20];
        return Add(0, addresses) + Word(protocol) + Word((ushort)length);
    }

    public static void Store(Span<byte> field, ushort value) => MemoryMarshal.Write(field, value);

    public static ushort Load(ReadOnlySpan<byte> field) => MemoryMarshal.Read<ushort>(field);

    /// <summary>A 16-bit number as the word that it is on the wire.</summary>
    private static uint Word(ushort value) => BitConverter.IsLittleEndian ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value) : value;

    private static uint LastByte(byte value) => BitConverter.IsLittleEndian ? value : (uint)value << 8;
}
