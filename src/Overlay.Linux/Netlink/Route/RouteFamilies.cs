using System.Net.Sockets;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Netlink.Route;

/// <summary>The family numbers of linux/socket.h. Those of <see cref="AddressFamily"/> differ for IPv6.</summary>
internal static class RouteFamilies
{
    public const byte Unspecified = 0;
    public const byte IPv4 = 2;
    public const byte Bridge = 7;
    public const byte IPv6 = 10;

    /// <summary>The family of an address; unspecified for none.</summary>
    public static byte Of(InetAddress address) => address.Size switch
    {
        4 => IPv4,
        16 => IPv6,
        _ => Unspecified,
    };

    /// <summary>The kernel's number for a family; 0 for all families.</summary>
    /// <exception cref="ArgumentException">It is no IP family.</exception>
    public static byte Of(AddressFamily family) => family switch
    {
        AddressFamily.Unspecified => Unspecified,
        AddressFamily.InterNetwork => IPv4,
        AddressFamily.InterNetworkV6 => IPv6,
        _ => throw new ArgumentException($"{family} is no IP family.", nameof(family)),
    };

    /// <summary>Whether the address is there and of that family.</summary>
    public static bool Matches(byte family, InetAddress address) => !address.IsNone && Of(address) == family;
}
