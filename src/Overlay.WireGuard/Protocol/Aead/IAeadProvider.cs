namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>A library that seals transport packets.</summary>
internal interface IAeadProvider
{
    /// <summary>The length of the authentication tag.</summary>
    const int TagSize = 16;

    /// <summary>For logs and the option that fixes the choice.</summary>
    string Name { get; }

    /// <summary>Copies the 32 bytes; the caller wipes its own.</summary>
    IAeadKey CreateKey(ReadOnlySpan<byte> key);
}
