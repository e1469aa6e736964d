using System.Net;
using System.Net.Sockets;

namespace Overlay.Core.Addressing;

/// <summary>An address in each of the families that its owner has; at most one in each.</summary>
public readonly record struct AddressPair
{
    /// <summary>Pairs two addresses; either may be <see langword="null"/>.</summary>
    /// <exception cref="ArgumentException">An address is of the other family.</exception>
    public AddressPair(IPAddress? ipv4, IPAddress? ipv6)
    {
        if (ipv4 is { AddressFamily: not AddressFamily.InterNetwork })
        {
            throw new ArgumentException($"{ipv4} is not an IPv4 address.", nameof(ipv4));
        }

        if (ipv6 is { AddressFamily: not AddressFamily.InterNetworkV6 })
        {
            throw new ArgumentException($"{ipv6} is not an IPv6 address.", nameof(ipv6));
        }

        IPv4 = ipv4;
        IPv6 = ipv6;
    }

    /// <summary>The IPv4 address, if there is one.</summary>
    public IPAddress? IPv4 { get; }

    /// <summary>The IPv6 address, if there is one.</summary>
    public IPAddress? IPv6 { get; }

    /// <summary>The families in which this pair has an address.</summary>
    public AddressFamilies Families =>
        (IPv4 is null ? AddressFamilies.None : AddressFamilies.IPv4) | (IPv6 is null ? AddressFamilies.None : AddressFamilies.IPv6);

    /// <summary>The addresses, IPv4 first, separated by a comma and a blank.</summary>
    public override string ToString() => string.Join(", ", new[] { IPv4, IPv6 }.Where(address => address is not null));
}
