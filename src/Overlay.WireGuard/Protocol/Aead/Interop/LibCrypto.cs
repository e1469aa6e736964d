using System.Runtime.InteropServices;

namespace Overlay.WireGuard.Protocol.Aead.Interop;

/// <summary>The part of OpenSSL's libcrypto that one cipher needs (openssl/evp.h), the same in 1.1 and 3. It is the library that System.Security.Cryptography loads too;
/// called without its wrapper, which clears OpenSSL's error queue four times for each packet.</summary>
internal sealed unsafe class LibCrypto
{
    private const int EVP_CTRL_AEAD_GET_TAG = 0x10;
    private const int EVP_CTRL_AEAD_SET_TAG = 0x11;

    private readonly delegate* unmanaged<void*> _cipher;
    private readonly delegate* unmanaged<nint> _new;
    private readonly delegate* unmanaged<nint, void> _free;
    private readonly delegate* unmanaged<nint, void*, void*, byte*, byte*, int, int> _init;
    private readonly delegate* unmanaged<nint, byte*, int*, byte*, int, int> _update;
    private readonly delegate* unmanaged<nint, byte*, int*, int> _final;
    private readonly delegate* unmanaged<nint, int, int, void*, int> _control;

    private LibCrypto(nint library)
    {
        _cipher = (delegate* unmanaged<void*>)NativeLibrary.GetExport(library, "EVP_chacha20_poly1305");
        _new = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "EVP_CIPHER_CTX_new");
        _free = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(library, "EVP_CIPHER_CTX_free");
        _init = (delegate* unmanaged<nint, void*, void*, byte*, byte*, int, int>)NativeLibrary.GetExport(library, "EVP_CipherInit_ex");
        _update = (delegate* unmanaged<nint, byte*, int*, byte*, int, int>)NativeLibrary.GetExport(library, "EVP_CipherUpdate");
        _final = (delegate* unmanaged<nint, byte*, int*, int>)NativeLibrary.GetExport(library, "EVP_CipherFinal_ex");
        _control = (delegate* unmanaged<nint, int, int, void*, int>)NativeLibrary.GetExport(library, "EVP_CIPHER_CTX_ctrl");
    }

    /// <summary>The library; <see langword="null"/> where there is none that has the cipher.</summary>
    public static LibCrypto? Instance { get; } = Load();

    /// <summary>A context with this key, or zero without memory.</summary>
    public nint Create(ReadOnlySpan<byte> key)
    {
        var context = _new();
        fixed (byte* first = key)
        {
            if (context != 0 && _init(context, _cipher(), null, first, null, 1) != 1)
            {
                _free(context);
                return 0;
            }
        }

        return context;
    }

    /// <summary>Frees a context; OpenSSL wipes what was in it.</summary>
    public void Free(nint context) => _free(context);

    public bool Seal(nint context, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag)
    {
        int length;
        fixed (byte* number = nonce, from = plaintext, to = ciphertext, mark = tag)
        {
            return _init(context, null, null, null, number, 1) == 1
                && (plaintext.IsEmpty || _update(context, to, &length, from, plaintext.Length) == 1)
                && _final(context, mark, &length) == 1
                && _control(context, EVP_CTRL_AEAD_GET_TAG, tag.Length, mark) == 1;
        }
    }

    public bool Open(nint context, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag, Span<byte> plaintext)
    {
        int length;
        byte nothing;
        fixed (byte* number = nonce, from = ciphertext, to = plaintext, mark = tag)
        {
            return _init(context, null, null, null, number, 0) == 1
                && _control(context, EVP_CTRL_AEAD_SET_TAG, tag.Length, mark) == 1
                && (ciphertext.IsEmpty || _update(context, to, &length, from, ciphertext.Length) == 1)
                && _final(context, &nothing, &length) == 1;
        }
    }

    private static LibCrypto? Load()
    {
        foreach (var name in (ReadOnlySpan<string>)["libcrypto.so.3", "libcrypto.so.1.1"])
        {
            if (NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, "EVP_chacha20_poly1305", out _))
            {
                return new LibCrypto(library);
            }
        }

        return null;
    }
}
