using System.Security.Cryptography;

namespace Overlay.WireGuard.Protocol.Keys;

/// <summary>Secret bytes in a pinned array, so that the collector leaves no copies behind, overwritten with zeros when disposed.</summary>
internal sealed class Secret : IDisposable
{
    /// <summary>Every secret of the protocol has 32 bytes.</summary>
    public const int Size = 32;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Size, pinned: true);

    /// <summary>All zeros.</summary>
    public Secret() => _bytes.AsSpan().Clear();

    /// <summary>Takes a copy; the caller wipes its own.</summary>
    public Secret(ReadOnlySpan<byte> bytes) => bytes[..Size].CopyTo(_bytes);

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>For code that derives the secret in place.</summary>
    public Span<byte> Writable => _bytes;

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    /// <summary>Never the content.</summary>
    public override string ToString() => "(secret)";
}
