using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Overlay.WireGuard.Protocol.Keys;

/// <summary>The name of a peer: a Curve25519 public key.</summary>
public readonly struct PublicKey : IEquatable<PublicKey>
{
    /// <summary>The length in bytes.</summary>
    public const int Size = 32;

    private readonly Buffer32 _bytes;

    /// <summary>Copies a raw key.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> has not 32 bytes.</exception>
    public PublicKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A public key has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        bytes.CopyTo(_bytes);
    }

    /// <summary>Whether all bytes are zero, which is no key.</summary>
    public bool IsZero => !this.AsSpan().ContainsAnyExcept((byte)0);

    /// <summary>Reads 44 characters of base64 or 64 hexadecimal digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out PublicKey key)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var isKey = KeyText.TryParse(text, bytes);
        key = isKey ? new PublicKey(bytes) : default;
        return isKey;
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination) => this.AsSpan().CopyTo(destination);

    /// <summary>64 hexadecimal digits, as the UAPI socket spells keys.</summary>
    public string ToHex() => Convert.ToHexStringLower(this.AsSpan());

    /// <summary>Base64, as <c>wg</c> and leases spell keys.</summary>
    public override string ToString() => KeyText.ToBase64(this.AsSpan());

    /// <summary>Compares in constant time.</summary>
    public bool Equals(PublicKey other) => CryptographicOperations.FixedTimeEquals(this.AsSpan(), other.AsSpan());

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is PublicKey other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        // Peers choose their keys, so the bits alone could be made to collide.
        var hash = default(HashCode);
        hash.AddBytes(this.AsSpan());
        return hash.ToHashCode();
    }

#pragma warning disable CS1591 // The operators say what Equals says.
    public static bool operator ==(PublicKey left, PublicKey right) => left.Equals(right);

    public static bool operator !=(PublicKey left, PublicKey right) => !left.Equals(right);
#pragma warning restore CS1591

    [InlineArray(Size)]
    internal struct Buffer32
    {
        private byte _first;
    }
}

/// <summary>Spans over keys, which a struct cannot give of itself.</summary>
internal static class PublicKeySpan
{
    public static ReadOnlySpan<byte> AsSpan(this in PublicKey key) => MemoryMarshal.AsBytes(new ReadOnlySpan<PublicKey>(in key));
}
