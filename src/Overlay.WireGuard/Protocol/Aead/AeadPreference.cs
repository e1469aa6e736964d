namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>Which library seals transport packets.</summary>
public enum AeadPreference
{
    /// <summary>The faster one, measured at start; possibly another for small packets than for large ones.</summary>
    Auto,

    /// <summary>libsodium, through NSec.</summary>
    NSec,

    /// <summary>The platform's own, through System.Security.Cryptography.</summary>
    System,

    /// <summary>OpenSSL's libcrypto, called directly: what <see cref="System"/> uses on Linux, without what is between.</summary>
    OpenSsl,
}
