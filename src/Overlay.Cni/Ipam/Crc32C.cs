using System.Buffers.Binary;
using System.Numerics;

namespace Overlay.Cni.Ipam;

/// <summary>CRC-32C (Castagnoli): the checksum of the journal's lines. Processors have an instruction for it, and every ADD checks every line.</summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
