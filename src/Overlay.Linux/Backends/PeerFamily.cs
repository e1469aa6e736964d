using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends;

/// <summary>A peer in one of the network's families: what every backend needs to know of it. Its subnet is checked; its address is for backends that use it.</summary>
public sealed class PeerFamily
{
    private readonly InetAddress _ownAddress;

    private PeerFamily(InetPrefix subnet, InetAddress publicAddress, InetAddress ownAddress, string? data)
    {
        Subnet = subnet;
        PublicAddress = publicAddress;
        _ownAddress = ownAddress;
        Data = data;
    }

    /// <summary>Plans one family: adds entries, or gives the reason and the remedy why there are none.</summary>
    public delegate string? Planner(PeerFamily peer, List<KernelEntry> entries);

    /// <summary>The peer's subnet, inside the network and apart from the own one.</summary>
    public InetPrefix Subnet { get; }

    /// <summary>The address at which the peer is reached in this family; none when it publishes none.</summary>
    public InetAddress PublicAddress { get; }

    /// <summary>The backend's own data for this family, as published.</summary>
    public string? Data { get; }

    /// <summary>Whether the peer's IPv6 side is meant.</summary>
    public bool IsIPv6 => Subnet.Address.IsIPv6;

    /// <summary>Plans the peer in each family of the network; one that cannot be served does not hold up the other.</summary>
    public static PeerPlan Plan(SubnetPair network, Lease own, Lease peer, Planner planner)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(planner);
        var (ours, theirs) = (own.Attributes.PublicAddresses, peer.Attributes.PublicAddresses);
        var entries = new List<KernelEntry>(3);
        string? v4 = null;
        if (network.IPv4 is { } whole && peer.Subnets.IPv4 is { } subnet)
        {
            v4 = FindSubnetMistake(whole, own.Subnets.IPv4, subnet)
                ?? planner(new PeerFamily(new InetPrefix(subnet), Address(theirs.IPv4), Address(ours.IPv4), peer.Attributes.BackendData), entries);
        }

        var entriesOfIPv4 = entries.Count;
        string? v6 = null;
        if (network.IPv6 is { } wholeV6 && peer.Subnets.IPv6 is { } subnetV6)
        {
            v6 = FindSubnetMistake(wholeV6, own.Subnets.IPv6, subnetV6)
                ?? planner(new PeerFamily(new InetPrefix(subnetV6), Address(theirs.IPv6), Address(ours.IPv6), peer.Attributes.BackendV6Data), entries);
        }

        var refusal = (v4, v6) switch
        {
            (null, null) => entries.Count > 0 ? null : "it has no subnet in a family of this network; enable the same families on all nodes",
            (_, null) => entries.Count > 0 ? $"IPv4: {v4} (IPv6 is served)" : v4,
            (null, _) => entriesOfIPv4 > 0 ? $"IPv6: {v6} (IPv4 is served)" : v6,
            _ => v4 == v6 ? v4 : $"IPv4: {v4}; IPv6: {v6}",
        };
        return new PeerPlan(entries, refusal);
    }

    /// <summary>Says why the peer cannot be reached at its public address: there is none, or it is this node's own. <see langword="null"/> when it can.</summary>
    public string? FindAddressMistake()
    {
        if (PublicAddress.IsNone)
        {
            return $"it publishes no public {(IsIPv6 ? "IPv6" : "IPv4")} address; start its agent on an interface that has one, or with {(IsIPv6 ? "--public-ipv6" : "--public-ip")}";
        }

        return PublicAddress == _ownAddress
            ? $"its public address {PublicAddress} is this node's own, so it is an old lease of this node or a copy of this machine; release that lease, or give the copy its own address"
            : null;
    }

    private static string? FindSubnetMistake(IPNetwork network, IPNetwork? own, IPNetwork subnet)
    {
        if (!new InetPrefix(network).Contains(new InetPrefix(subnet)))
        {
            return $"its subnet {subnet} lies outside the network {network}; give all nodes one network configuration";
        }

        return own is { } ours && new InetPrefix(ours) is var our && new InetPrefix(subnet) is var their && (our.Contains(their) || their.Contains(our))
            ? $"its subnet {subnet} overlaps this node's {ours}; release one of the two leases"
            : null;
    }

    // Flannel writes 0.0.0.0 where there is none (flannel-facts 3.2).
    private static InetAddress Address(IPAddress? address) =>
        address is null || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? default : new InetAddress(address);
}
