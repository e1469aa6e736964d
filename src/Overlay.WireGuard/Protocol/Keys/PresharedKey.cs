using System.Security.Cryptography;

namespace Overlay.WireGuard.Protocol.Keys;

/// <summary>A secret that two peers share beside their key pairs. All zeros, the default of the protocol, is the same as none.</summary>
public sealed class PresharedKey : IDisposable
{
    /// <summary>The length in bytes.</summary>
    public const int Size = 32;

    private readonly Secret _secret;

    private PresharedKey(ReadOnlySpan<byte> bytes) => _secret = new Secret(bytes);

    internal ReadOnlySpan<byte> Bytes => _secret.Bytes;

    /// <summary>Copies a raw key; the caller wipes its own.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> has not 32 bytes.</exception>
    public static PresharedKey Import(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new PresharedKey(bytes)
        : throw new ArgumentException($"A preshared key has {Size} bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>Reads 44 characters of base64 or 64 hexadecimal digits; <see langword="null"/> when the text is no key.</summary>
    public static PresharedKey? TryParse(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var key = KeyText.TryParse(text, bytes) ? new PresharedKey(bytes) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>Writes the key; the caller wipes it after use.</summary>
    public void Export(Span<byte> destination) => _secret.Bytes.CopyTo(destination);

    /// <inheritdoc />
    public void Dispose() => _secret.Dispose();

    /// <summary>Never the key.</summary>
    public override string ToString() => "(preshared key)";
}
