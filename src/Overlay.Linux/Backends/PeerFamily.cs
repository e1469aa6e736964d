using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends;

/// <summary>A peer in one of the network's families: what every backend needs to know of it, checked.</summary>
/// <param name="Subnet">The peer's subnet, inside the network and apart from the own one.</param>
/// <param name="PublicAddress">The address at which the peer is reached.</param>
/// <param name="Data">The backend's own data, as published.</param>
internal readonly record struct PeerFamily(InetPrefix Subnet, InetAddress PublicAddress, string? Data)
{
    /// <summary>Plans one family: adds entries, or gives the reason and the remedy why there are none.</summary>
    public delegate string? Planner(PeerFamily peer, List<KernelEntry> entries);

    /// <summary>Whether this is the peer's IPv6 side.</summary>
    public bool IsIPv6 => Subnet.Address.IsIPv6;

    /// <summary>Plans the peer in each family of the network; one that cannot be served does not hold up the other.</summary>
    public static PeerPlan Plan(SubnetPair network, Lease own, Lease peer, Planner planner)
    {
        var entries = new List<KernelEntry>(3);
        string? v4 = null;
        if (network.IPv4 is { } whole && peer.Subnets.IPv4 is { } subnet)
        {
            v4 = Check(new Side(whole, own.Subnets.IPv4, subnet, PublicAddresses(own).IPv4, PublicAddresses(peer).IPv4, "IPv4", "--public-ip"))
                ?? planner(new PeerFamily(new InetPrefix(subnet), new InetAddress(PublicAddresses(peer).IPv4!), peer.Attributes.BackendData), entries);
        }

        var entriesOfIPv4 = entries.Count;
        string? v6 = null;
        if (network.IPv6 is { } wholeV6 && peer.Subnets.IPv6 is { } subnetV6)
        {
            v6 = Check(new Side(wholeV6, own.Subnets.IPv6, subnetV6, PublicAddresses(own).IPv6, PublicAddresses(peer).IPv6, "IPv6", "--public-ipv6"))
                ?? planner(new PeerFamily(new InetPrefix(subnetV6), new InetAddress(PublicAddresses(peer).IPv6!), peer.Attributes.BackendV6Data), entries);
        }

        var refusal = (v4, v6) switch
        {
            (null, null) => entries.Count > 0 ? null : "it has no subnet in a family of this network; enable the same families on all nodes",
            (_, null) => entries.Count > 0 ? $"IPv4: {v4} (IPv6 is served)" : v4,
            (null, _) => entriesOfIPv4 > 0 ? $"IPv6: {v6} (IPv4 is served)" : v6,
            _ => $"IPv4: {v4}; IPv6: {v6}",
        };
        return new PeerPlan(entries, refusal);
    }

    private static AddressPair PublicAddresses(Lease lease) => lease.Attributes.PublicAddresses;

    private static string? Check(Side side)
    {
        if (!new InetPrefix(side.Network).Contains(new InetPrefix(side.Theirs)))
        {
            return $"its subnet {side.Theirs} lies outside the network {side.Network}; give all nodes one network configuration";
        }

        if (side.Ours is { } ours && new InetPrefix(ours) is var our && new InetPrefix(side.Theirs) is var their && (our.Contains(their) || their.Contains(our)))
        {
            return $"its subnet {side.Theirs} overlaps this node's {ours}; release one of the two leases";
        }

        // Flannel writes 0.0.0.0 where there is none (flannel-facts 3.2).
        if (side.TheirAddress is null || side.TheirAddress.Equals(IPAddress.Any) || side.TheirAddress.Equals(IPAddress.IPv6Any))
        {
            return $"it publishes no public {side.Family} address; start its agent on an interface that has one, or with {side.Flag}";
        }

        return side.TheirAddress.Equals(side.OurAddress)
            ? $"its public address {side.TheirAddress} is this node's own, so it is an old lease of this node or a copy of this machine; release that lease, or give the copy its own address"
            : null;
    }

    private readonly record struct Side(
        IPNetwork Network, IPNetwork? Ours, IPNetwork Theirs, IPAddress? OurAddress, IPAddress? TheirAddress, string Family, string Flag);
}
