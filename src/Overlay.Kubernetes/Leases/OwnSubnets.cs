using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Leases;

/// <summary>The subnets that Kubernetes has assigned to this node, judged against the network's configuration.</summary>
internal static class OwnSubnets
{
    /// <summary>Reads them; <see langword="null"/> when none were assigned yet.</summary>
    /// <exception cref="LeaseException">They do not fit the network, and will not: PodCIDRs never change once they are there.</exception>
    public static SubnetPair? Read(NodeRecord node, SubnetPair network)
    {
        if (PodCidrs.Read(node, out var all) is { } mistake)
        {
            throw new LeaseException($"Node \"{node.Name}\" {mistake}.");
        }

        if (all.Families == AddressFamilies.None)
        {
            return null;
        }

        var subnets = all.Within(network.Families);
        if (subnets.Families != network.Families)
        {
            throw new LeaseException(
                $"Node \"{node.Name}\" has the PodCIDR {all}, and network {network} needs one in each of its families: let --cluster-cidr of kube-controller-manager (kubeadm: networking.podSubnet) name both, or leave the other family out of net-conf.json.");
        }

        return network.Contains(subnets) ? subnets : throw new LeaseException(
            $"subnet \"{network}\" specified in the flannel net config doesn't contain \"{subnets}\" PodCIDR of the \"{node.Name}\" node: give Network in net-conf.json the value of kubeadm's --pod-network-cidr (kube-controller-manager's --cluster-cidr).");
    }

    /// <summary>What a node without a subnet waits for.</summary>
    public static string Explain(string node) =>
        $"node \"{node}\" pod cidr not assigned: it gets one when kube-controller-manager runs with --allocate-node-cidrs and --cluster-cidr; kubeadm sets both with --pod-network-cidr, which must be the Network of net-conf.json";
}
