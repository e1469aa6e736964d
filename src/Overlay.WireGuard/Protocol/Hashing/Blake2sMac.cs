using Org.BouncyCastle.Crypto.Digests;

namespace Overlay.WireGuard.Protocol.Hashing;

/// <summary><see cref="Blake2s.Mac"/> under a key that is used for many messages: nothing is allocated for one. Safe for several threads.</summary>
internal sealed class Blake2sMac : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Blake2sDigest _digest;

    /// <summary>Copies the key, of at most 32 bytes.</summary>
    public Blake2sMac(ReadOnlySpan<byte> key)
    {
        var bytes = key.ToArray();
        _digest = new Blake2sDigest(bytes, Blake2s.MacSize, null, null);
        bytes.AsSpan().Clear();
    }

    /// <summary>MAC(key, first || second): 16 bytes.</summary>
    public void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination)
    {
        lock (_gate)
        {
            _digest.BlockUpdate(first);
            _digest.BlockUpdate(second);
            _digest.DoFinal(destination); // Which begins anew, with the key.
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _digest.ClearKey();
        }
    }

    public override string ToString() => "(key)";
}
