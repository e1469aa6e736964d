using System.Security.Cryptography;

namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>ChaCha20-Poly1305 of the platform (OpenSSL on Linux), through .NET. The faster one for large packets.</summary>
/// <param name="fallback">Opens packets while forgeries arrive: it fails without an exception.</param>
internal sealed class SystemAead(IAeadProvider fallback) : IAeadProvider
{
    public static bool IsSupported => ChaCha20Poly1305.IsSupported;

    public string Name => "system";

    public IAeadKey CreateKey(ReadOnlySpan<byte> key) => new SystemAeadKey(key, fallback.CreateKey(key));
}
