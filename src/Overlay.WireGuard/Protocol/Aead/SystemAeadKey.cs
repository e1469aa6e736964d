using System.Security.Cryptography;

using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>One key of <see cref="SystemAead"/>.</summary>
internal sealed class SystemAeadKey : IAeadKey
{
    /// <summary>How many packets go to the fallback after a forgery. An exception costs ten packets' time, so that a flood of forgeries
    /// would otherwise be an attack on the processor.</summary>
    internal const int SuspiciousPackets = 1024;

    private readonly IAeadKey _fallback;
    private readonly IdleContexts<ChaCha20Poly1305> _contexts;
    private int _suspicion;

    public SystemAeadKey(ReadOnlySpan<byte> key, IAeadKey fallback)
    {
        var secret = new Secret(key);
        _contexts = new IdleContexts<ChaCha20Poly1305>(() => new ChaCha20Poly1305(secret.Bytes), secret);
        _fallback = fallback;
    }

    public bool Seal(ulong counter, ReadOnlySpan<byte> plaintext, Span<byte> sealedText)
    {
        Span<byte> nonce = stackalloc byte[AeadNonce.Size];
        AeadNonce.Write(counter, nonce);
        if (_contexts.Take() is not { } context)
        {
            return false;
        }

        context.Encrypt(nonce, plaintext, sealedText[..plaintext.Length], sealedText.Slice(plaintext.Length, IAeadProvider.TagSize));
        _contexts.PutBack(context);
        return true;
    }

    public bool Open(ulong counter, ReadOnlySpan<byte> sealedText, Span<byte> plaintext)
    {
        if (Volatile.Read(ref _suspicion) > 0)
        {
            Interlocked.Decrement(ref _suspicion);
            return _fallback.Open(counter, sealedText, plaintext) || Suspect();
        }

        if (_contexts.Take() is not { } context)
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
            _contexts.PutBack(context);
        }
    }

    public void Dispose()
    {
        _contexts.Dispose();
        _fallback.Dispose();
    }

    public override string ToString() => "(key)";

    private bool Suspect()
    {
        Volatile.Write(ref _suspicion, SuspiciousPackets);
        return false;
    }
}
