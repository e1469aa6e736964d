using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;

namespace Overlay.Kubernetes.Nodes;

/// <summary>Reads a node's lease from its annotations and PodCIDRs.</summary>
internal static class NodeLease
{
    /// <summary>The lease; <see langword="null"/> when the node is no peer.</summary>
    /// <param name="node">The node.</param>
    /// <param name="network">The whole network; a family that it lacks is left out.</param>
    /// <param name="complaint">Why a node that calls itself a peer is none.</param>
    public static Lease? Read(NodeRecord node, SubnetPair network, out string? complaint)
    {
        complaint = null;
        if (node[NodeField.Manager] != "true")
        {
            return null;
        }

        complaint = PodCidrs.Read(node, out var subnets);
        if (complaint is not null)
        {
            return null;
        }

        // A family in which something is missing is left out; flannel leaves out the whole node (flannel-facts 4.9).
        var ipv4 = ReadAddress(node, NodeField.PublicIp, AddressFamily.InterNetwork);
        var ipv6 = ReadAddress(node, NodeField.PublicIpv6, AddressFamily.InterNetworkV6);
        var offered = (ipv4 is not null && node[NodeField.BackendData] is not null ? AddressFamilies.IPv4 : AddressFamilies.None)
            | (ipv6 is not null && node[NodeField.BackendV6Data] is not null ? AddressFamilies.IPv6 : AddressFamilies.None);
        var served = subnets.Within(network.Families & offered);
        if (served.Families == AddressFamilies.None)
        {
            // Without a PodCIDR it is a node that is only coming up.
            complaint = subnets.Families == AddressFamilies.None ? null : $"has no family with a PodCIDR, a public address and backend data in network {network}";
            return null;
        }

        if (!network.Contains(served))
        {
            complaint = $"has the PodCIDR {served}, which is not inside network {network}";
            return null;
        }

        return new Lease
        {
            Subnets = served,
            Attributes = new LeaseAttributes
            {
                PublicAddresses = new AddressPair(served.IPv4 is null ? null : ipv4, served.IPv6 is null ? null : ipv6),
                BackendType = node[NodeField.BackendType] ?? "",
                BackendData = served.IPv4 is null ? null : ReadData(node, NodeField.BackendData),
                BackendV6Data = served.IPv6 is null ? null : ReadData(node, NodeField.BackendV6Data),
            },
            Version = new LeaseVersion(node.ResourceVersion),
        };
    }

    /// <summary>An address from an annotation; <see langword="null"/> when there is none, or it is no address of the family, or 0.0.0.0 (flannel's none).</summary>
    public static IPAddress? ReadAddress(NodeRecord node, NodeField field, AddressFamily family) =>
        AddressText.TryParse(node[field], family, out var address) && address.Value != 0 ? address.ToIPAddress() : null;

    // Flannel writes null for a backend without data (host-gw).
    private static string? ReadData(NodeRecord node, NodeField field) => node[field] is "null" or "" ? null : node[field];
}
