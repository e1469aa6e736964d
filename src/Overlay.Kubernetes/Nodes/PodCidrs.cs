using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;

namespace Overlay.Kubernetes.Nodes;

/// <summary>A node's subnets: <c>spec.podCIDRs</c>, or the older <c>spec.podCIDR</c> where that is missing (flannel-facts 4.6).</summary>
internal static class PodCidrs
{
    /// <summary>Reads them. A node without any gives an empty pair.</summary>
    /// <returns>What is wrong with them, as the end of a sentence; <see langword="null"/> when nothing is.</returns>
    public static string? Read(NodeRecord node, out SubnetPair subnets)
    {
        subnets = default;
        if (node[NodeField.ThirdPodCidr] is not null)
        {
            return "has more than two PodCIDRs: at most one IPv4 and one IPv6 are allowed";
        }

        string?[] texts = node[NodeField.FirstPodCidr] is { } first ? [first, node[NodeField.SecondPodCidr]] : [node[NodeField.PodCidr]];
        IPNetwork? ipv4 = null, ipv6 = null;
        foreach (var text in texts.Where(text => !string.IsNullOrEmpty(text)))
        {
            if (!TryParse(text!, out var subnet))
            {
                return $"has the PodCIDR '{text}', which is no subnet";
            }

            var isIPv4 = subnet.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
            if ((isIPv4 ? ipv4 : ipv6) is not null)
            {
                return "has two PodCIDRs of one family: at most one IPv4 and one IPv6 are allowed";
            }

            ipv4 = isIPv4 ? subnet : ipv4;
            ipv6 = isIPv4 ? ipv6 : subnet;
        }

        subnets = new SubnetPair(ipv4, ipv6);
        return null;
    }

    /// <summary>The parts of a pair in the families that a network has.</summary>
    public static SubnetPair Within(this SubnetPair subnets, AddressFamilies families) => new(
        families.HasFlag(AddressFamilies.IPv4) ? subnets.IPv4 : null, families.HasFlag(AddressFamilies.IPv6) ? subnets.IPv6 : null);

    /// <summary>Whether each part lies in the network's part of its family.</summary>
    public static bool Contains(this SubnetPair network, SubnetPair subnets) =>
        Contains(network.IPv4, subnets.IPv4) && Contains(network.IPv6, subnets.IPv6);

    private static bool Contains(IPNetwork? network, IPNetwork? subnet) =>
        subnet is not { } inner || (network is { } outer && outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress));

    private static bool TryParse(string text, out IPNetwork subnet)
    {
        var family = text.Contains(':', StringComparison.Ordinal) ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var isSubnet = AddressText.TryParsePrefix(text, family, out var prefix);
        subnet = isSubnet ? prefix.ToIPNetwork() : default;
        return isSubnet;
    }
}
