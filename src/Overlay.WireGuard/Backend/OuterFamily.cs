using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Backend;

/// <summary>Chooses over which family a peer is reached when one device serves both (flannel-facts 5.W6).</summary>
internal static class OuterFamily
{
    /// <summary>The address to send to, or in one sentence why there is none.</summary>
    public static IPAddress? Choose(TunnelMode mode, AddressPair own, AddressPair peer, out string? mistake)
    {
        var v4 = own.IPv4 is not null && IsAddress(peer.IPv4) ? peer.IPv4 : null;
        var v6 = own.IPv6 is not null && IsAddress(peer.IPv6) ? peer.IPv6 : null;
        var chosen = mode switch
        {
            TunnelMode.IPv4 => v4,
            TunnelMode.IPv6 => v6,
            // A private IPv4 address says little about whether the peer can be reached there; two public IPv6 addresses say much.
            _ => v4 is null || (IsPrivate(v4) && v6 is not null && !IsPrivate(v6) && !IsPrivate(own.IPv6!)) ? v6 ?? v4 : v4,
        };
        mistake = chosen is not null ? null : mode switch
        {
            TunnelMode.IPv4 => Missing("IPv4", "--public-ip"),
            TunnelMode.IPv6 => Missing("IPv6", "--public-ipv6"),
            _ => "it publishes no public address in a family that this node has too; give both nodes an address of one family",
        };
        return chosen;
    }

    private static string Missing(string family, string flag) =>
        $"it publishes no public {family} address, over which all tunnels run; start its agent on an interface that has one, or with {flag}, or change Backend.Mode";

    private static bool IsAddress(IPAddress? address) => address is not null && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any);

    // Go's IsPrivate: RFC 1918 and RFC 4193.
    private static bool IsPrivate(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xF0) == 16) || (bytes[0] == 192 && bytes[1] == 168)
            : (bytes[0] & 0xFE) == 0xFC;
    }
}
