using NSec.Cryptography;

using Overlay.WireGuard.Protocol.Hashing;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>The symmetric state of Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s: chaining key and transcript hash.</summary>
internal sealed class NoiseState : IDisposable
{
    private static readonly byte[] _construction = HashOf("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"u8);

    private readonly Secret _chainingKey = new(_construction);
    private readonly byte[] _hash = new byte[Blake2s.HashSize];

    /// <summary>Begins a handshake with a responder.</summary>
    public NoiseState(in Keys.PublicKey responder)
        : this("WireGuard v1 zx2c4 Jason@zx2c4.com"u8, responder)
    {
    }

    /// <summary>Begins a handshake of another protocol over the same construction; the published vectors are of one.</summary>
    internal NoiseState(ReadOnlySpan<byte> prologue, in Keys.PublicKey responder)
    {
        Blake2s.Hash(_construction, prologue, _hash);
        MixHash(responder.AsSpan());
    }

    private NoiseState(NoiseState other)
    {
        other._chainingKey.Bytes.CopyTo(_chainingKey.Writable);
        other._hash.CopyTo(_hash, 0);
    }

    /// <summary>A second state, for a step that may fail and must leave this one as it is.</summary>
    public NoiseState Copy() => new(this);

    internal ReadOnlySpan<byte> TranscriptHash => _hash;

    public void MixHash(ReadOnlySpan<byte> data) => Blake2s.Hash(_hash, data, _hash);

    public void MixKey(ReadOnlySpan<byte> input) => KeyDerivation.Derive(_chainingKey.Bytes, input, _chainingKey.Writable);

    /// <summary>Mixes the input and gives a key for the next <see cref="Seal"/> or <see cref="TryOpen"/>.</summary>
    public void MixKey(ReadOnlySpan<byte> input, Secret key) => KeyDerivation.Derive(_chainingKey.Bytes, input, _chainingKey.Writable, key.Writable);

    public void MixKeyAndHash(ReadOnlySpan<byte> preshared, Secret key)
    {
        Span<byte> mixed = stackalloc byte[Blake2s.HashSize];
        KeyDerivation.Derive(_chainingKey.Bytes, preshared, _chainingKey.Writable, mixed, key.Writable);
        MixHash(mixed);
        mixed.Clear();
    }

    /// <summary>Seals, bound to the transcript, and adds the result to it.</summary>
    public void Seal(Secret key, ReadOnlySpan<byte> plaintext, Span<byte> sealedText)
    {
        using var handle = Import(key);
        AeadAlgorithm.ChaCha20Poly1305.Encrypt(handle, stackalloc byte[12], _hash, plaintext, sealedText);
        MixHash(sealedText);
    }

    /// <summary>Opens what was sealed at the same place of the same transcript.</summary>
    public bool TryOpen(Secret key, ReadOnlySpan<byte> sealedText, Span<byte> plaintext)
    {
        using var handle = Import(key);
        if (!AeadAlgorithm.ChaCha20Poly1305.Decrypt(handle, stackalloc byte[12], _hash, sealedText, plaintext))
        {
            return false;
        }

        MixHash(sealedText);
        return true;
    }

    /// <summary>The two keys of the session, the initiator's sending key first.</summary>
    public void Split(Secret first, Secret second) => KeyDerivation.Derive(_chainingKey.Bytes, [], first.Writable, second.Writable);

    public void Dispose()
    {
        _chainingKey.Dispose();
        _hash.AsSpan().Clear();
    }

    public override string ToString() => "(handshake)";

    private static Key Import(Secret key) => Key.Import(AeadAlgorithm.ChaCha20Poly1305, key.Bytes, KeyBlobFormat.RawSymmetricKey);

    private static byte[] HashOf(ReadOnlySpan<byte> data)
    {
        var hash = new byte[Blake2s.HashSize];
        Blake2s.Hash(data, [], hash);
        return hash;
    }
}
