using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;

namespace Overlay.Core.Engine;

/// <summary>Reads the <c>subnet.env</c> of an earlier run, ours or flannel's (flannel-facts 2.3).</summary>
internal static class SubnetFileReader
{
    /// <summary>A file of this kind has six lines; one that is far bigger is something else.</summary>
    private const int MaximumBytes = 64 * 1024;

    /// <summary>The subnets that the file names, none when it is missing or says nothing that can be used.</summary>
    public static SubnetPair ReadSubnets(string path, Action<string> complain) => TryRead(path, complain) is { } text ? ParseSubnets(text, complain) : default;

    /// <summary>The MTU that the file names; <see langword="null"/> when it is missing or says nothing that can be used.</summary>
    public static int? ReadMtu(string path) =>
        TryRead(path, _ => { }) is { } text
        && DotEnv.Parse(text).TryGetValue("FLANNEL_MTU", out var value)
        && int.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var mtu)
            ? mtu
            : null;

    /// <summary>The subnets that <paramref name="text"/> names. Any text gives a value.</summary>
    public static SubnetPair ParseSubnets(string text, Action<string> complain)
    {
        var values = DotEnv.Parse(text);
        return new SubnetPair(
            Single("FLANNEL_SUBNET", AddressFamily.InterNetwork),
            Single("FLANNEL_IPV6_SUBNET", AddressFamily.InterNetworkV6));

        IPNetwork? Single(string key, AddressFamily family)
        {
            if (!values.TryGetValue(key, out var value))
            {
                return null;
            }

            var subnets = new List<IPNetwork>();
            foreach (var part in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (TryParseSubnet(part, out var subnet) && subnet.BaseAddress.AddressFamily == family)
                {
                    subnets.Add(subnet);
                }
                else
                {
                    complain($"{key}: found {part}, allowed is a subnet");
                }
            }

            if (subnets.Count > 1)
            {
                complain($"{key}: found {value}, allowed is one subnet");
            }

            return subnets.Count == 1 ? subnets[0] : null;
        }
    }

    private static string? TryRead(string path, Action<string> complain)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MaximumBytes } ? File.ReadAllText(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            complain(exception.Message);
            return null;
        }
    }

    /// <summary>Reads <c>address/length</c>; host bits are cleared.</summary>
    private static bool TryParseSubnet(string text, out IPNetwork subnet)
    {
        subnet = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !IPAddress.TryParse(text.AsSpan(0, slash), out var address) || address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 }
            || !byte.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, null, out var length))
        {
            return false;
        }

        var value = new InetAddress(address);
        var width = value.Size * 8;
        if (length > width)
        {
            return false;
        }

        // A shift by the full width is a shift by zero in C#.
        var hostBits = width - length;
        var bits = hostBits >= 128 ? UInt128.Zero : value.Value >> hostBits << hostBits;
        subnet = new IPNetwork((value.IsIPv6 ? InetAddress.FromIPv6(bits) : InetAddress.FromIPv4((uint)bits)).ToIPAddress(), length);
        return true;
    }
}
