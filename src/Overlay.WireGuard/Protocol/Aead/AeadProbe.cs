using System.Security.Cryptography;

namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>Finds out whether a library seals packets. That it is there does not say so: OpenSSL with nothing but the providers of FIPS has the functions and refuses
/// the cipher, and would be the fastest of all.</summary>
internal static class AeadProbe
{
    private const int PacketSize = 64;

    /// <summary>The first library that gives back what it has sealed; <see langword="null"/> when none does. Those behind it are not made.</summary>
    public static IAeadProvider? FirstWorking(IEnumerable<IAeadProvider> libraries) => libraries.FirstOrDefault(Works);

    public static bool Works(IAeadProvider library)
    {
        Span<byte> key = stackalloc byte[32];
        Span<byte> packet = stackalloc byte[PacketSize + IAeadProvider.TagSize];
        key.Clear();
        packet.Clear();
        try
        {
            using var sealing = library.CreateKey(key);
            return sealing.Seal(0, packet[..PacketSize], packet)
                && packet[..PacketSize].ContainsAnyExcept((byte)0)
                && sealing.Open(0, packet, packet[..PacketSize])
                && !packet[..PacketSize].ContainsAnyExcept((byte)0);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
