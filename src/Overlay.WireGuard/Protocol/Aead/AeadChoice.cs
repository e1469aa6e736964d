using System.Globalization;

using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>The library that was chosen, and why, for the log.</summary>
internal sealed record AeadChoice(IAeadProvider Provider, string Reason)
{
    internal const int SmallPacket = 64;
    internal const int LargePacket = 1420;

    /// <summary>Follows the preference; <see cref="AeadPreference.Auto"/> times the libraries for a few milliseconds.</summary>
    /// <exception cref="PlatformNotSupportedException">A library was asked for that the platform does not have.</exception>
    public static AeadChoice Make(AeadPreference preference, KeyVault vault, TimeProvider clock)
    {
        var nsec = new NSecAead(vault);
        if (preference != AeadPreference.Auto)
        {
            return new AeadChoice(Fixed(preference, nsec), "fixed by option");
        }

        return AeadProbe.FirstWorking(Others(nsec)) is { } other
            ? Compare(nsec, other, new AeadStopwatch(clock).Measure([nsec, other], [SmallPacket, LargePacket]))
            : new AeadChoice(nsec, "the platform has no ChaCha20-Poly1305");
    }

    /// <summary>Decides from nanoseconds per packet, by library and size.</summary>
    internal static AeadChoice Compare(IAeadProvider first, IAeadProvider second, double[,] times)
    {
        var reason = string.Create(
            CultureInfo.InvariantCulture,
            $"{SmallPacket} bytes: {first.Name} {times[0, 0]:F0} ns, {second.Name} {times[1, 0]:F0} ns; {LargePacket} bytes: {first.Name} {times[0, 1]:F0} ns, {second.Name} {times[1, 1]:F0} ns");
        var small = times[1, 0] < times[0, 0] ? second : first;
        var large = times[1, 1] < times[0, 1] ? second : first;
        return new AeadChoice(small == large ? large : new SizedAead(small, large, Crossing(times)), reason);
    }

    private static IAeadProvider Fixed(AeadPreference preference, NSecAead nsec) => preference switch
    {
        AeadPreference.System => Working(SystemAead.IsSupported ? new SystemAead(nsec) : null, "This platform has no ChaCha20-Poly1305 (System.Security.Cryptography)"),
        AeadPreference.OpenSsl => Working(OpenSslAead.IsSupported ? new OpenSslAead() : null, "This system has no OpenSSL (libcrypto.so.3 or libcrypto.so.1.1) with ChaCha20-Poly1305"),
        _ => nsec,
    };

    private static IAeadProvider Working(IAeadProvider? library, string otherwise) =>
        library is not null && AeadProbe.Works(library) ? library : throw new PlatformNotSupportedException($"{otherwise}; use nsec or auto.");

    // The same library twice: the way with less between is never slower.
    private static IEnumerable<IAeadProvider> Others(NSecAead nsec)
    {
        if (OpenSslAead.IsSupported)
        {
            yield return new OpenSslAead();
        }

        if (SystemAead.IsSupported)
        {
            yield return new SystemAead(nsec);
        }
    }

    /// <summary>Where the two straight lines through the measured points meet.</summary>
    private static int Crossing(double[,] times)
    {
        var atSmall = Math.Abs(times[0, 0] - times[1, 0]);
        var atLarge = Math.Abs(times[0, 1] - times[1, 1]);
        return SmallPacket + (int)((LargePacket - SmallPacket) * (atSmall / (atSmall + atLarge)));
    }
}
