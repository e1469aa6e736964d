using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Overlay.Core.Addressing;

/// <summary>Reads addresses as strictly as Go does. <see cref="IPAddress.TryParse(string, out IPAddress)"/> also takes <c>10.1</c> for
/// 10.0.0.1, hexadecimal and octal parts, scope ids, brackets and ports.</summary>
public static class AddressText
{
    /// <summary>Reads an address of one family.</summary>
    public static bool TryParse(string? text, AddressFamily family, out InetAddress address)
    {
        address = default;
        if (text is null || text.AsSpan().ContainsAny("[]%/") || !IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != family)
        {
            return false;
        }

        address = new InetAddress(parsed);
        return family != AddressFamily.InterNetwork || address.ToString() == text;
    }

    /// <summary>Reads <c>address/length</c> of one family; host bits are cleared.</summary>
    public static bool TryParsePrefix(string? text, AddressFamily family, out InetPrefix prefix)
    {
        prefix = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0
            || !TryParse(text![..slash], family, out var address)
            || !byte.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > address.Size * 8)
        {
            return false;
        }

        prefix = new InetPrefix(address, length).Masked();
        return true;
    }
}
