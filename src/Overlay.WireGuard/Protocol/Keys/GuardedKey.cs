using NSec.Cryptography;

namespace Overlay.WireGuard.Protocol.Keys;

/// <summary>A key that is opened as an NSec handle when it is used, and closed again when many others are used more.</summary>
internal sealed class GuardedKey : IDisposable
{
    private readonly Algorithm _algorithm;
    private readonly KeyBlobFormat _format;
    private readonly KeyVault _vault;
    private readonly Secret _secret;
    private readonly Lock _gate = new();
    private volatile Key? _handle;
    private volatile bool _isUsed;
    private volatile bool _isDisposed;
    private int _place;

    public GuardedKey(Algorithm algorithm, ReadOnlySpan<byte> secret, KeyVault vault)
    {
        _algorithm = algorithm;
        _format = algorithm is KeyAgreementAlgorithm ? KeyBlobFormat.RawPrivateKey : KeyBlobFormat.RawSymmetricKey;
        _vault = vault;
        _secret = new Secret(secret);
    }

    /// <summary>The open handle, or <see langword="null"/> after disposal. Another thread may close it at any moment, so that its use can end in
    /// <see cref="ObjectDisposedException"/>: ask again then.</summary>
    public Key? Handle
    {
        get
        {
            if (!_isUsed)
            {
                _isUsed = true;
            }

            return _handle ?? Open();
        }
    }

    /// <summary>Copies the raw key; the caller wipes the copy.</summary>
    public void Export(Span<byte> destination) => _secret.Bytes.CopyTo(destination);

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            _secret.Dispose();
        }

        _vault.Leave(this, _place);
        CloseHandle();
    }

    public override string ToString() => "(key)";

    /// <summary>Clears the mark of use and says whether there was one.</summary>
    internal bool ForgetUse()
    {
        var wasUsed = _isUsed;
        _isUsed = false;
        return wasUsed;
    }

    internal void CloseHandle() => Interlocked.Exchange(ref _handle, null)?.Dispose();

    private Key? Open()
    {
        lock (_gate)
        {
            if (_isDisposed || _handle is { } open)
            {
                return _isDisposed ? null : _handle;
            }

            // In this order: a key that is evicted at once finds its handle to close, and the caller asks again.
            var handle = Key.Import(_algorithm, _secret.Bytes, _format);
            _handle = handle;
            _place = _vault.Enter(this);
            return handle;
        }
    }
}
