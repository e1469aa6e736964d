using Overlay.WireGuard.Protocol.Aead.Interop;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>ChaCha20-Poly1305 of OpenSSL's libcrypto, called directly. See docs/decisions/0054-libcrypto-directly.md.</summary>
internal sealed class OpenSslAead : IAeadProvider
{
    private readonly LibCrypto _library = LibCrypto.Instance
        ?? throw new PlatformNotSupportedException("This system has no libcrypto with ChaCha20-Poly1305.");

    /// <summary>Whether the library is there; <see cref="AeadProbe"/> says whether it does its work.</summary>
    public static bool IsSupported => LibCrypto.Instance is not null;

    public string Name => "openssl";

    public IAeadKey CreateKey(ReadOnlySpan<byte> key) => new AeadKey(_library, key);

    private sealed class AeadKey : IAeadKey
    {
        private readonly LibCrypto _library;
        private readonly Secret _secret;
        private readonly IdleContexts<Context> _contexts;

        public AeadKey(LibCrypto library, ReadOnlySpan<byte> key)
        {
            _library = library;
            _secret = new Secret(key);
            _contexts = new IdleContexts<Context>(() => Context.TryCreate(library, _secret), _secret);
        }

        public bool Seal(ulong counter, ReadOnlySpan<byte> plaintext, Span<byte> sealedText)
        {
            if (_contexts.Take() is not { } context)
            {
                return false;
            }

            Span<byte> nonce = stackalloc byte[AeadNonce.Size];
            AeadNonce.Write(counter, nonce);
            var isSealed = _library.Seal(context.Handle, nonce, plaintext, sealedText[..plaintext.Length], sealedText.Slice(plaintext.Length, IAeadProvider.TagSize));
            _contexts.PutBack(context);
            return isSealed;
        }

        public bool Open(ulong counter, ReadOnlySpan<byte> sealedText, Span<byte> plaintext)
        {
            if (_contexts.Take() is not { } context)
            {
                return false;
            }

            Span<byte> nonce = stackalloc byte[AeadNonce.Size];
            AeadNonce.Write(counter, nonce);
            var length = sealedText.Length - IAeadProvider.TagSize;
            var isOpened = _library.Open(context.Handle, nonce, sealedText[..length], sealedText[length..], plaintext[..length]);
            _contexts.PutBack(context);
            return isOpened;
        }

        public void Dispose() => _contexts.Dispose();

        public override string ToString() => "(key)";
    }

    /// <summary>A context of the library, freed once.</summary>
    private sealed class Context : IDisposable
    {
        private readonly LibCrypto _library;
        private nint _handle;

        private Context(LibCrypto library, nint handle) => (_library, _handle) = (library, handle);

        ~Context() => Free();

        public nint Handle => _handle;

        public static Context? TryCreate(LibCrypto library, Secret secret) => library.Create(secret.Bytes) is var handle and not 0 ? new Context(library, handle) : null;

        public void Dispose()
        {
            Free();
            GC.SuppressFinalize(this);
        }

        private void Free()
        {
            if (Interlocked.Exchange(ref _handle, 0) is var handle and not 0)
            {
                _library.Free(handle);
            }
        }
    }
}
