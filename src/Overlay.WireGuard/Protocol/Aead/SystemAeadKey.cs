using System.Security.Cryptography;

using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>One key of <see cref="SystemAead"/>. The platform's context serves one thread at a time, so that each use takes one out of a slot and
/// puts it back; a second thread makes itself another, once.</summary>
internal sealed class SystemAeadKey : IAeadKey
{
    /// <summary>How many packets go to the fallback after a forgery. An exception costs ten packets' time, so that a flood of forgeries
    /// would otherwise be an attack on the processor.</summary>
    internal const int SuspiciousPackets = 1024;

    private readonly Secret _secret;
    private readonly IAeadKey _fallback;
    private readonly ChaCha20Poly1305?[] _idle = new ChaCha20Poly1305?[4];
    private readonly Lock _gate = new();
    private volatile bool _isDisposed;
    private int _suspicion;

    public SystemAeadKey(ReadOnlySpan<byte> key, IAeadKey fallback)
    {
        _secret = new Secret(key);
        _fallback = fallback;
    }

    public bool Seal(ulong counter, ReadOnlySpan<byte> plaintext, Span<byte> sealedText)
    {
        Span<byte> nonce = stackalloc byte[AeadNonce.Size];
        AeadNonce.Write(counter, nonce);
        if (Take() is not { } context)
        {
            return false;
        }

        context.Encrypt(nonce, plaintext, sealedText[..plaintext.Length], sealedText.Slice(plaintext.Length, IAeadProvider.TagSize));
        PutBack(context);
        return true;
    }

    public bool Open(ulong counter, ReadOnlySpan<byte> sealedText, Span<byte> plaintext)
    {
        if (Volatile.Read(ref _suspicion) > 0)
        {
            Interlocked.Decrement(ref _suspicion);
            return _fallback.Open(counter, sealedText, plaintext) || Suspect();
        }

        if (Take() is not { } context)
        {
            return false;
        }

        Span<byte> nonce = stackalloc byte[AeadNonce.Size];
        AeadNonce.Write(counter, nonce);
        var length = sealedText.Length - IAeadProvider.TagSize;
        try
        {
            context.Decrypt(nonce, sealedText[..length], sealedText[length..], plaintext[..length]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return Suspect();
        }
        finally
        {
            PutBack(context);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _secret.Dispose();
        }

        for (var i = 0; i < _idle.Length; i++)
        {
            Interlocked.Exchange(ref _idle[i], null)?.Dispose();
        }

        _fallback.Dispose();
    }

    public override string ToString() => "(key)";

    private bool Suspect()
    {
        Volatile.Write(ref _suspicion, SuspiciousPackets);
        return false;
    }

    private ChaCha20Poly1305? Take()
    {
        for (var i = 0; i < _idle.Length; i++)
        {
            if (_idle[i] is not null && Interlocked.Exchange(ref _idle[i], null) is { } context)
            {
                return context;
            }
        }

        lock (_gate)
        {
            return _isDisposed ? null : new ChaCha20Poly1305(_secret.Bytes);
        }
    }

    private void PutBack(ChaCha20Poly1305 context)
    {
        for (var i = 0; i < _idle.Length; i++)
        {
            if (_idle[i] is null && Interlocked.CompareExchange(ref _idle[i], context, null) is null)
            {
                if (_isDisposed)
                {
                    Interlocked.Exchange(ref _idle[i], null)?.Dispose();
                }

                return;
            }
        }

        context.Dispose();
    }
}
