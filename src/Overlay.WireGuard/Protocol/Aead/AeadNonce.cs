using System.Buffers.Binary;

namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>The nonce of WireGuard: 32 zero bits, then the counter in little endian.</summary>
internal static class AeadNonce
{
    public const int Size = 12;

    public static void Write(ulong counter, Span<byte> nonce)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], counter);
    }
}
