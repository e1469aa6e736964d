namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>ChaCha20-Poly1305 (RFC 8439) under one key, with a 64-bit little-endian counter as nonce and no associated data: all that
/// transport packets need. Safe for several threads at once; allocates nothing per packet.</summary>
internal interface IAeadKey : IDisposable
{
    /// <summary>Encrypts into <paramref name="sealedText"/>, which is 16 bytes longer and may begin where <paramref name="plaintext"/> does, but not
    /// overlap it otherwise. Fails only after disposal.</summary>
    bool Seal(ulong counter, ReadOnlySpan<byte> plaintext, Span<byte> sealedText);

    /// <summary>Decrypts into <paramref name="plaintext"/>, which is 16 bytes shorter and may begin where <paramref name="sealedText"/> does, but not
    /// overlap it otherwise. After a failure the content of <paramref name="plaintext"/> is undefined.</summary>
    bool Open(ulong counter, ReadOnlySpan<byte> sealedText, Span<byte> plaintext);
}
