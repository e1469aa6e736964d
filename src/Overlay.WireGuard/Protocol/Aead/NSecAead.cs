using NSec.Cryptography;

using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>ChaCha20-Poly1305 of libsodium, through NSec. Always there; the faster one for small packets.</summary>
internal sealed class NSecAead(KeyVault vault) : IAeadProvider
{
    public string Name => "nsec";

    public IAeadKey CreateKey(ReadOnlySpan<byte> key) => new AeadKey(new GuardedKey(AeadAlgorithm.ChaCha20Poly1305, key, vault));

    private sealed class AeadKey(GuardedKey key) : IAeadKey
    {
        public bool Seal(ulong counter, ReadOnlySpan<byte> plaintext, Span<byte> sealedText)
        {
            Span<byte> nonce = stackalloc byte[AeadNonce.Size];
            AeadNonce.Write(counter, nonce);
            while (key.Handle is { } handle)
            {
                try
                {
                    AeadAlgorithm.ChaCha20Poly1305.Encrypt(handle, nonce, [], plaintext, sealedText);
                    return true;
                }
                catch (ObjectDisposedException)
                {
                    // Closed to make room for another key: ask again.
                }
            }

            return false;
        }

        public bool Open(ulong counter, ReadOnlySpan<byte> sealedText, Span<byte> plaintext)
        {
            Span<byte> nonce = stackalloc byte[AeadNonce.Size];
            AeadNonce.Write(counter, nonce);
            while (key.Handle is { } handle)
            {
                try
                {
                    return AeadAlgorithm.ChaCha20Poly1305.Decrypt(handle, nonce, [], sealedText, plaintext);
                }
                catch (ObjectDisposedException)
                {
                    // As above.
                }
            }

            return false;
        }

        public void Dispose() => key.Dispose();

        public override string ToString() => "(key)";
    }
}
