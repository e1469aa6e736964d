using System.Security.Cryptography;

using NSec.Cryptography;

namespace Overlay.WireGuard.Protocol.Keys;

/// <summary>A Curve25519 private key, clamped when it is set (RFC 7748, section 5). Its bytes leave it only through <see cref="Export"/>.</summary>
public sealed class PrivateKey : IDisposable
{
    /// <summary>The length in bytes.</summary>
    public const int Size = 32;

    private readonly GuardedKey _key;

    private PrivateKey(Span<byte> bytes, KeyVault vault)
    {
        bytes[0] &= 0b1111_1000;
        bytes[31] = (byte)((bytes[31] & 0b0111_1111) | 0b0100_0000);
        _key = new GuardedKey(KeyAgreementAlgorithm.X25519, bytes, vault);
        CryptographicOperations.ZeroMemory(bytes);
        Span<byte> publicKey = stackalloc byte[PublicKey.Size];
        _key.Handle!.PublicKey.TryExport(KeyBlobFormat.RawPublicKey, publicKey, out _);
        PublicKey = new PublicKey(publicKey);
    }

    /// <summary>The key that peers know this one by.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>Draws a new key from the system's source of randomness.</summary>
    public static PrivateKey Generate() => Generate(Entropy.System, new KeyVault(1));

    /// <summary>Copies a raw key; the caller wipes its own.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> has not 32 bytes.</exception>
    public static PrivateKey Import(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A private key has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        Span<byte> copy = stackalloc byte[Size];
        bytes.CopyTo(copy);
        return new PrivateKey(copy, new KeyVault(1));
    }

    /// <summary>Reads 44 characters of base64 or 64 hexadecimal digits; <see langword="null"/> when the text is no key.</summary>
    public static PrivateKey? TryParse(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var key = KeyText.TryParse(text, bytes) ? new PrivateKey(bytes, new KeyVault(1)) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>Writes the clamped key; the caller wipes it after use.</summary>
    public void Export(Span<byte> destination) => _key.Export(destination);

    /// <inheritdoc />
    public void Dispose() => _key.Dispose();

    /// <summary>Never the key.</summary>
    public override string ToString() => "(private key)";

    internal static PrivateKey Generate(Entropy entropy, KeyVault vault)
    {
        Span<byte> bytes = stackalloc byte[Size];
        entropy.Fill(bytes);
        return new PrivateKey(bytes, vault);
    }

    /// <summary>X25519. Fails for a public key of low order, whose result would be zero whatever the private key is.</summary>
    internal bool TryAgree(in PublicKey other, Span<byte> shared)
    {
        var parameters = new SharedSecretCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };
        if (!NSec.Cryptography.PublicKey.TryImport(KeyAgreementAlgorithm.X25519, other.AsSpan(), KeyBlobFormat.RawPublicKey, out var publicKey) || publicKey is null)
        {
            return false;
        }

        while (_key.Handle is { } handle)
        {
            try
            {
                using var secret = KeyAgreementAlgorithm.X25519.Agree(handle, publicKey, parameters);
                return secret is not null && secret.TryExport(SharedSecretBlobFormat.RawSharedSecret, shared, out _);
            }
            catch (ObjectDisposedException)
            {
                // Closed to make room for another key: ask again.
            }
        }

        return false;
    }
}
