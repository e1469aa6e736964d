using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;

namespace Overlay.Core.Leases;

/// <summary>Flannel's textual key of a lease (flannel-facts 3.1): <c>10.244.1.0-24</c>, with <c>&amp;2001:cafe:42:1::-64</c> behind it in a
/// dual-stack network. An IPv6-only network, which flannel cannot lease, has the IPv6 part alone.</summary>
public static class LeaseKey
{
    /// <summary>Writes the key of the subnets.</summary>
    public static string Format(SubnetPair subnets) => (subnets.IPv4, subnets.IPv6) switch
    {
        ({ } v4, { } v6) => $"{Format(v4)}&{Format(v6)}",
        ({ } v4, null) => Format(v4),
        (null, { } v6) => Format(v6),
        _ => "",
    };

    /// <summary>Reads a key. A key that is malformed, has host bits or a family twice gives <see langword="false"/>.</summary>
    public static bool TryParse(string? text, out SubnetPair subnets)
    {
        subnets = default;
        var parts = (text ?? "").Split('&');
        IPNetwork second = default;
        if (parts.Length > 2 || !TryParsePart(parts[0], out var first) || (parts.Length == 2 && !TryParsePart(parts[1], out second)))
        {
            return false;
        }

        var firstIsIPv6 = IsIPv6(first);
        if (parts.Length == 1)
        {
            subnets = firstIsIPv6 ? new SubnetPair(null, first) : new SubnetPair(first, null);
            return true;
        }

        if (firstIsIPv6 || !IsIPv6(second))
        {
            return false;
        }

        subnets = new SubnetPair(first, second);
        return true;
    }

    private static bool IsIPv6(IPNetwork network) => network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;

    private static string Format(IPNetwork network) => string.Create(CultureInfo.InvariantCulture, $"{network.BaseAddress}-{network.PrefixLength}");

    private static bool TryParsePart(string text, out IPNetwork network)
    {
        network = default;
        var dash = text.LastIndexOf('-');
        var family = text.Contains(':', StringComparison.Ordinal) ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        if (dash < 0
            || !AddressText.TryParse(text[..dash], family, out var address)
            || !byte.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > address.Size * 8)
        {
            return false;
        }

        var prefix = new InetPrefix(address, length);
        network = prefix.ToIPNetwork();
        return prefix.Masked() == prefix;
    }
}
