using System.Security.Cryptography;

namespace Overlay.WireGuard.Protocol.Hashing;

/// <summary>KDF1, KDF2 and KDF3 of the white paper: HKDF (RFC 5869) with HMAC-BLAKE2s and no info.</summary>
internal static class KeyDerivation
{
    private static ReadOnlySpan<byte> One => [1];

    private static ReadOnlySpan<byte> Two => [2];

    private static ReadOnlySpan<byte> Three => [3];

    /// <summary>Derives one, two or three keys; an empty span asks for none. <paramref name="first"/> may be <paramref name="chainingKey"/>.</summary>
    public static void Derive(ReadOnlySpan<byte> chainingKey, ReadOnlySpan<byte> input, Span<byte> first, Span<byte> second = default, Span<byte> third = default)
    {
        Span<byte> secret = stackalloc byte[Blake2s.HashSize];
        Blake2s.Hmac(chainingKey, input, [], secret);
        Blake2s.Hmac(secret, One, [], first);
        if (!second.IsEmpty)
        {
            Blake2s.Hmac(secret, first, Two, second);
        }

        if (!third.IsEmpty)
        {
            Blake2s.Hmac(secret, second, Three, third);
        }

        CryptographicOperations.ZeroMemory(secret);
    }
}
