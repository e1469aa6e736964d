using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Leases;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends.HostGateway;

using Underlay = Core.Backends.Underlay;

/// <summary>Plans a network without encapsulation: each peer is the gateway to its own subnet, which needs one link between all nodes
/// (flannel-facts 5.H).</summary>
internal sealed class HostGatewayPlanner : INetworkPlanner
{
    /// <summary>The name in configuration and in leases.</summary>
    public const string BackendType = "host-gw";

    private readonly SubnetPair _network;
    private readonly Underlay _underlay;

    public HostGatewayPlanner(SubnetPair network, Underlay underlay)
    {
        _network = network;
        _underlay = underlay;
        Facts = new NetworkFacts
        {
            Mtu = underlay.Mtu,
            Attributes = new LeaseAttributes
            {
                PublicAddresses = new AddressPair(
                    network.IPv4 is null ? null : underlay.PublicAddresses.IPv4,
                    network.IPv6 is null ? null : underlay.PublicAddresses.IPv6),
                BackendType = BackendType,
            },
            Fault = underlay.Fault ?? FindTranslation(network, underlay),
        };
    }

    public NetworkFacts Facts { get; }

    /// <summary>Says which public address is not the interface's own: peers could not use it as a gateway (5.H1).</summary>
    public static string? FindTranslation(SubnetPair network, Underlay underlay)
    {
        return (network.IPv4 is null ? null : Compare(underlay.Addresses.IPv4, underlay.PublicAddresses.IPv4, "--public-ip"))
            ?? (network.IPv6 is null ? null : Compare(underlay.Addresses.IPv6, underlay.PublicAddresses.IPv6, "--public-ipv6"));

        string? Compare(IPAddress? own, IPAddress? told, string flag) => Equals(own, told)
            ? null
            : $"host-gw cannot be used behind a NAT: the public address {told} is not the address {own} of {underlay.InterfaceName}; leave {flag} away or use vxlan";
    }

    public IReadOnlyList<KernelEntry> PlanOwn(Lease own) => [];

    public PeerPlan Plan(Lease own, Lease peer) => PeerFamily.Plan(_network, own, peer, PlanFamily);

    private string? PlanFamily(PeerFamily peer, List<KernelEntry> entries)
    {
        if (peer.FindAddressMistake() is { } unreachable)
        {
            return unreachable;
        }

        if (!_underlay.IsOnLink(peer.PublicAddress.ToIPAddress()))
        {
            var prefixes = _underlay.OnLinkPrefixes
                .Where(prefix => prefix.BaseAddress.AddressFamily == peer.PublicAddress.Family)
                .Select(prefix => prefix.ToString());
            var link = string.Join(", ", prefixes) is { Length: > 0 } list ? list : "no subnet";
            return $"{peer.PublicAddress} is not on the link of {_underlay.InterfaceName} ({link}); use vxlan, or connect the two nodes to one link";
        }

        entries.Add(Routes.Via(peer.Subnet, peer.PublicAddress, _underlay.InterfaceName));
        return null;
    }
}
