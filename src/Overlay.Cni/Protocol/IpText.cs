using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
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

    /// <summary>The same for bytes; for IPv4 without making an object.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out InetAddress address)
    {
        if (text.Contains((byte)':'))
        {
            return TryParse(Encoding.ASCII.GetString(text), out address);
        }

        address = default;
        var value = 0u;
        for (var i = 0; i < 4; i++)
        {
            var digits = i == 3 ? text.Length : text.IndexOf((byte)'.');
            if (digits is < 1 or > 3
                || !byte.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var part)
                || (digits > 1 && text[0] == '0'))
            {
                return false;
            }

            value = (value << 8) | part;
            text = i == 3 ? default : text[(digits + 1)..];
        }

        address = InetAddress.FromIPv4(value);
        return true;
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
