using System.Net;
using System.Net.Sockets;
using Overlay.Core.Leases;

namespace Overlay.Kubernetes.Nodes;

/// <summary>What this node's annotations must be so that flannel's nodes and ours find it (flannel-facts 4.1). The conditions are flannel's own.</summary>
internal static class OwnAnnotations
{
    /// <summary>The annotations that must be written for these attributes; empty when all are right. A <see langword="null"/> value removes one.</summary>
    public static IReadOnlyList<(NodeField Field, string? Value)> Differences(NodeRecord node, LeaseAttributes attributes)
    {
        var wanted = Wanted(node, attributes);
        return [.. wanted.Where(pair => node[pair.Field] != pair.Value)];
    }

    /// <summary>What takes the node out of the network.</summary>
    public static IReadOnlyList<(NodeField Field, string? Value)> Removal(NodeRecord node) =>
        [.. Enumerable.Range((int)NodeField.Manager, NodeField.PublicIpv6 - NodeField.Manager + 1)
            .Select(field => ((NodeField)field, (string?)null))
            .Where(pair => node[pair.Item1] is not null)];

    private static IEnumerable<(NodeField Field, string? Value)> Wanted(NodeRecord node, LeaseAttributes attributes)
    {
        var (ipv4, ipv6) = (attributes.PublicAddresses.IPv4, attributes.PublicAddresses.IPv6);
        yield return (NodeField.Manager, "true");
        yield return (NodeField.BackendType, attributes.BackendType);

        // Without IPv4 flannel writes 0.0.0.0, and for vxlan nothing.
        var hasIPv4Part = attributes.BackendType != "vxlan" || attributes.BackendData is not null;
        yield return (NodeField.BackendData, hasIPv4Part ? attributes.BackendData ?? "null" : null);
        yield return (NodeField.PublicIp, hasIPv4Part ? Public(node, NodeField.PublicIpOverwrite, AddressFamily.InterNetwork, ipv4 ?? IPAddress.Any) : null);

        // What an earlier dual-stack run has left would mislead peers that are dual-stack.
        yield return (NodeField.BackendV6Data, ipv6 is not null ? attributes.BackendV6Data ?? "null" : null);
        yield return (NodeField.PublicIpv6, ipv6 is not null ? Public(node, NodeField.PublicIpv6Overwrite, AddressFamily.InterNetworkV6, ipv6) : null);
    }

    /// <summary>The address for peers: the administrator's, if it is one, else the node's.</summary>
    private static string Public(NodeRecord node, NodeField overwrite, AddressFamily family, IPAddress own) =>
        (NodeLease.ReadAddress(node, overwrite, family) ?? own).ToString();
}
