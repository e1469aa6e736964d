using System.Globalization;
using Overlay.Core.Diagnostics;

namespace Overlay.Agent.Hosting;

/// <summary>What this process may do (capabilities(7)).</summary>
internal static class Capabilities
{
    private const int NetAdmin = 12;

    /// <summary>Fails early and in words, where the kernel would say "Operation not permitted" to each request.</summary>
    /// <exception cref="OverlayException">The process may not change the network.</exception>
    public static void RequireNetAdmin()
    {
        const string Key = "CapEff:";
        var line = File.Exists("/proc/self/status") ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        if (line is not null && ulong.TryParse(line.AsSpan(Key.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var effective) && (effective >> NetAdmin & 1) == 0)
        {
            throw new OverlayException("overlayd may not change the network: it needs the capability CAP_NET_ADMIN. Run it as root, or give its container or unit that capability.");
        }
    }
}
