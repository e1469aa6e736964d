using NSec.Cryptography;

using Overlay.WireGuard.Protocol.Hashing;
using Overlay.WireGuard.Protocol.Keys;

using PublicKey = Overlay.WireGuard.Protocol.Keys.PublicKey;

namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>Who this end is: its key pair.</summary>
internal sealed class LocalIdentity(PrivateKey privateKey) : IDisposable
{
    public PrivateKey PrivateKey { get; } = privateKey;

    public MessageKeys MessageKeys { get; } = new(privateKey.PublicKey);

    /// <summary>Seals cookies. It is kept, since opening a handle costs more than all else that a flood makes us do.</summary>
    public GuardedKey CookieKey { get; } = new(AeadAlgorithm.XChaCha20Poly1305, new MessageKeys(privateKey.PublicKey).Cookie, new KeyVault(1));

    public PublicKey PublicKey => PrivateKey.PublicKey;

    /// <summary>The secret between this key and another; <see langword="null"/> for a key of low order, with which nothing is to be done.</summary>
    public Secret? Agree(in PublicKey other)
    {
        var shared = new Secret();
        if (PrivateKey.TryAgree(other, shared.Writable))
        {
            return shared;
        }

        shared.Dispose();
        return null;
    }

    public void Dispose()
    {
        PrivateKey.Dispose();
        CookieKey.Dispose();
    }
}

/// <summary>The two keys that everybody who knows a public key can compute: for MAC1, and for cookie replies.</summary>
internal sealed class MessageKeys
{
    private readonly byte[] _mac1 = new byte[Blake2s.HashSize];
    private readonly byte[] _cookie = new byte[Blake2s.HashSize];

    public MessageKeys(in PublicKey key)
    {
        Blake2s.Hash("mac1----"u8, key.AsSpan(), _mac1);
        Blake2s.Hash("cookie--"u8, key.AsSpan(), _cookie);
    }

    public ReadOnlySpan<byte> Mac1 => _mac1;

    /// <summary>Computes MAC1: for each message that a flood brings.</summary>
    public Blake2sMac Mac1Check => field ??= new Blake2sMac(_mac1);

    public ReadOnlySpan<byte> Cookie => _cookie;
}
