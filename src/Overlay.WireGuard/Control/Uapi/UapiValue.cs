using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>The values of the protocol, from bytes. The form is wireguard-go's: what <c>strconv.ParseUint</c> and <c>net/netip</c> of Go read.</summary>
internal static class UapiValue
{
    private static readonly SearchValues<byte> _addressBytes = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    /// <summary>64 hexadecimal digits. Base64, which <c>wg</c> takes from its users, is not of this protocol.</summary>
    public static bool TryReadKey(ReadOnlySpan<byte> text, Span<byte> key) =>
        text.Length == key.Length * 2 && Convert.FromHexString(text, key, out _, out var written) == OperationStatus.Done && written == key.Length;

    /// <summary>Decimal digits alone: no sign, no blank.</summary>
    public static bool TryReadNumber(ReadOnlySpan<byte> text, uint most, out uint number)
    {
        number = 0;
        if (text.IsEmpty || text.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || !Utf8Parser.TryParse(text, out ulong value, out var read) || read != text.Length || value > most)
        {
            return false;
        }

        number = (uint)value;
        return true;
    }

    /// <summary><c>192.0.2.1:51820</c>, <c>[2001:db8::1]:51820</c> or <c>[fe80::1%eth0]:51820</c>.</summary>
    public static IPEndPoint? ReadEndpoint(ReadOnlySpan<byte> text)
    {
        var colon = text.LastIndexOf((byte)':');
        if (colon <= 0 || !TryReadNumber(text[(colon + 1)..], ushort.MaxValue, out var port))
        {
            return null;
        }

        var host = text[..colon];
        var isBracketed = host is [(byte)'[', .., (byte)']'];
        var address = isBracketed ? ReadIPv6(host[1..^1]) : ReadAddress(host);
        if (address is null || (!isBracketed && address.AddressFamily != AddressFamily.InterNetwork))
        {
            return null;
        }

        // The IPv6 socket is for IPv6 alone, so that a mapped address could not be reached through it.
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, (int)port);
    }

    /// <summary><c>10.0.0.0/8</c>, <c>2001:db8::/32</c>, and with a dash in front what is to be taken away.</summary>
    public static AllowedIpChange? ReadAllowedIp(ReadOnlySpan<byte> text)
    {
        var isRemoval = text is [(byte)'-', ..];
        text = isRemoval ? text[1..] : text;
        var slash = text.IndexOf((byte)'/');
        if (slash < 0 || ReadAddress(text[..slash]) is not { } address
            || !TryReadNumber(text[(slash + 1)..], address.AddressFamily == AddressFamily.InterNetwork ? 32u : 128u, out var length))
        {
            return null;
        }

        return new AllowedIpChange(new InetPrefix(new InetAddress(address), (int)length), isRemoval);
    }

    private static IPAddress? ReadIPv6(ReadOnlySpan<byte> text)
    {
        var zone = text.IndexOf((byte)'%');
        if (zone < 0)
        {
            return ReadAddress(text) is { AddressFamily: AddressFamily.InterNetworkV6 } plain ? plain : null;
        }

        // The zone is a number or the name of an interface of this namespace, which the parser looks up.
        return ReadAddress(text[..zone]) is { IsIPv6LinkLocal: true } && IPAddress.TryParse(text, out var address) && address.ScopeId != 0 ? address : null;
    }

    private static IPAddress? ReadAddress(ReadOnlySpan<byte> text)
    {
        // The parser also takes "1", "0x7f.1" and brackets; none of them is an address here.
        if (text.IsEmpty || text.ContainsAnyExcept(_addressBytes) || !IPAddress.TryParse(text, out var address))
        {
            return null;
        }

        Span<byte> canonical = stackalloc byte[15];
        return address.AddressFamily == AddressFamily.InterNetworkV6 || (address.TryFormat(canonical, out var written) && text.SequenceEqual(canonical[..written]))
            ? address
            : null;
    }
}
