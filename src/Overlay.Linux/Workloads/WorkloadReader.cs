using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Workloads;

/// <summary>Finds the workloads of a node's subnets, whichever plugin attached them: their bridge, or the host's end of a routed one, has an address of the
/// subnet, which is the workloads' gateway.</summary>
internal static class WorkloadReader
{
    /// <summary>Reads the bridges, and the workloads that are not among <paramref name="known"/>.</summary>
    public static (List<WorkloadBridge> Bridges, List<Workload> Workloads) Read(RouteNetlink netlink, SubnetPair subnets, IReadOnlySet<int> known)
    {
        var gateways = netlink.ListAddresses().Where(address => IsWithin(subnets, address.Address.Address)).Select(address => address.Link).ToHashSet();
        var links = netlink.ListLinks();
        var bridges = links.Where(link => link.Kind == "bridge" && gateways.Contains(link.Index)).Select(link => new WorkloadBridge(link.Index, link.Name, link.Mtu)).ToList();
        var ports = bridges.Select(bridge => bridge.Index).ToHashSet();
        var workloads = new List<Workload>();
        foreach (var link in links.Where(link => IsContainers(link) && !known.Contains(link.Index) && (ports.Contains(link.Master) || gateways.Contains(link.Index))))
        {
            // What cannot be read is taken to be as the plugins make it: alike at both ends.
            var inside = netlink.FindLink(link.LowerNamespace, link.Lower)?.Mtu ?? link.Mtu;
            workloads.Add(new Workload(link.Index, link.Name, link.Mtu, link.Master, link.Lower, link.LowerNamespace, inside));
        }

        return (bridges, workloads);
    }

    private static bool IsContainers(Link link) => link is { Kind: "veth", IsLowerElsewhere: true };

    private static bool IsWithin(SubnetPair subnets, InetAddress address) =>
        (subnets.IPv4 is { } ipv4 && new InetPrefix(ipv4).Contains(address)) || (subnets.IPv6 is { } ipv6 && new InetPrefix(ipv6).Contains(address));
}
