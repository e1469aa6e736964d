using System.Net;
using System.Net.Sockets;

namespace Overlay.Core.Addressing;

/// <summary>A subnet in each of the families that a network has; at most one in each.</summary>
public readonly record struct SubnetPair
{
    /// <summary>Pairs two subnets; either may be <see langword="null"/>.</summary>
    /// <exception cref="ArgumentException">A subnet is of the other family.</exception>
    public SubnetPair(IPNetwork? ipv4, IPNetwork? ipv6)
    {
        if (ipv4 is { BaseAddress.AddressFamily: not AddressFamily.InterNetwork })
        {
            throw new ArgumentException($"{ipv4} is not an IPv4 subnet.", nameof(ipv4));
        }

        if (ipv6 is { BaseAddress.AddressFamily: not AddressFamily.InterNetworkV6 })
        {
            throw new ArgumentException($"{ipv6} is not an IPv6 subnet.", nameof(ipv6));
        }

        IPv4 = ipv4;
        IPv6 = ipv6;
    }

    /// <summary>The IPv4 subnet, if there is one.</summary>
    public IPNetwork? IPv4 { get; }

    /// <summary>The IPv6 subnet, if there is one.</summary>
    public IPNetwork? IPv6 { get; }

    /// <summary>The families in which this pair has a subnet.</summary>
    public AddressFamilies Families =>
        (IPv4 is null ? AddressFamilies.None : AddressFamilies.IPv4) | (IPv6 is null ? AddressFamilies.None : AddressFamilies.IPv6);

    /// <summary>Whether the two pairs share an address in either family.</summary>
    public bool Overlaps(SubnetPair other) => Overlap(IPv4, other.IPv4) || Overlap(IPv6, other.IPv6);

    /// <summary>The subnets, IPv4 first, separated by a comma and a blank.</summary>
    public override string ToString() => string.Join(", ", new[] { IPv4, IPv6 }.Where(subnet => subnet is not null));

    // Two prefixes share an address exactly when the longer one lies inside the shorter one.
    private static bool Overlap(IPNetwork? left, IPNetwork? right) =>
        left is { } a && right is { } b && (a.PrefixLength <= b.PrefixLength ? a.Contains(b.BaseAddress) : b.Contains(a.BaseAddress));
}
