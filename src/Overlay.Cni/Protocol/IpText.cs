using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Protocol;

/// <summary>Reads addresses as strictly as other plugins do: <see cref="IPAddress.TryParse(string, out IPAddress)"/> also takes <c>10.1</c>, scope ids and ports.</summary>
internal static class IpText
{
    public static bool TryParse(string? text, out InetAddress address)
    {
        address = default;
        if (text is null || text.AsSpan().ContainsAny("[]%/") || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        address = new InetAddress(parsed);
        return parsed.AddressFamily != AddressFamily.InterNetwork || address.ToString() == text;
    }

    /// <summary>Reads <c>address/length</c>, host bits included.</summary>
    public static bool TryParsePrefix(string? text, out InetPrefix prefix)
    {
        prefix = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0
            || !TryParse(text![..slash], out var address)
            || !byte.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > address.Size * 8)
        {
            return false;
        }

        prefix = new InetPrefix(address, length);
        return true;
    }
}
