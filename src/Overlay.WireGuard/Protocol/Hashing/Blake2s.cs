using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;

namespace Overlay.WireGuard.Protocol.Hashing;

/// <summary>BLAKE2s (RFC 7693) in the three forms that WireGuard names HASH, MAC and HMAC, on BouncyCastle.</summary>
internal static class Blake2s
{
    public const int HashSize = 32;
    public const int MacSize = 16;

    /// <summary>HASH(first || second). The destination may be one of the inputs.</summary>
    public static void Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination)
    {
        var digest = new Blake2sDigest(HashSize * 8);
        digest.BlockUpdate(first);
        digest.BlockUpdate(second);
        digest.DoFinal(destination);
    }

    /// <summary>MAC(key, first || second): 16 bytes of keyed BLAKE2s. The key has at most 32 bytes.</summary>
    public static void Mac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination)
    {
        var keyBytes = key.ToArray();
        var digest = new Blake2sDigest(keyBytes, MacSize, null, null);
        digest.BlockUpdate(first);
        digest.BlockUpdate(second);
        digest.DoFinal(destination);
        digest.ClearKey();
        keyBytes.AsSpan().Clear();
    }

    /// <summary>HMAC(key, first || second) with BLAKE2s (RFC 2104). The destination may be the key or an input.</summary>
    public static void Hmac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination)
    {
        var hmac = new HMac(new Blake2sDigest(HashSize * 8));
        hmac.Init(new KeyParameter(key));
        hmac.BlockUpdate(first);
        hmac.BlockUpdate(second);
        hmac.DoFinal(destination);
    }
}
