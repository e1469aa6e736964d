using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Leases;
using Overlay.Linux.Backends;
using Overlay.Linux.Kernel;
using Overlay.WireGuard.Control;

namespace Overlay.WireGuard.Backend;

/// <summary>Plans a WireGuard network (flannel-facts 5.W): one device or two with a route for the whole network; for each peer an entry in the device.</summary>
internal sealed class WireGuardPlanner : INetworkPlanner
{
    /// <summary>The name in configuration and in leases.</summary>
    public const string BackendType = "wireguard";

    // The least that IPv6 may be given (RFC 8200, section 5); below it the kernel takes IPv6 off the device.
    private const int LeastIPv6Mtu = 1280;

    private readonly WireGuardSettings _settings;
    private readonly SubnetPair _network;
    private readonly Underlay _underlay;
    private readonly WireGuardIdentity _identity;
    private readonly IReadOnlyList<Tunnel> _tunnels;

    public WireGuardPlanner(WireGuardSettings settings, SubnetPair network, Underlay underlay, WireGuardIdentity identity)
    {
        _settings = settings;
        _network = network;
        _underlay = underlay;
        _identity = identity;
        _tunnels = TunnelLayout.Of(settings, network, underlay);
        Facts = DescribeNetwork();
    }

    public NetworkFacts Facts { get; }

    public IReadOnlyList<KernelEntry> PlanOwn(Lease own)
    {
        var entries = new List<KernelEntry>(8);
        foreach (var tunnel in _tunnels)
        {
            entries.Add(new LinkEntry
            {
                Name = tunnel.Device,
                Kind = _identity.Kind == WireGuardDeviceKind.Kernel ? "wireguard" : "tun",
                Mtu = tunnel.Mtu,
                Holder = _identity.Kind == WireGuardDeviceKind.Kernel ? null : _identity.Holder,
            });
            entries.Add(new WireGuardDeviceEntry(tunnel.Device, _identity.PublicKey, tunnel.Port));
            // Flannel's address for the device: the subnet's base, alone (5.W4).
            entries.AddRange(tunnel.Part(own.Subnets).Select(subnet => new AddressEntry(tunnel.Device, InetPrefix.Host(subnet.Address))));
            entries.AddRange(tunnel.Part(_network).Select(network => RouteTo(network) with { Device = tunnel.Device }));
        }

        return entries;
    }

    public PeerPlan Plan(Lease own, Lease peer) => _settings.Mode == TunnelMode.Separate
        ? PeerFamily.Plan(_network, own, peer, PlanFamily)
        : PeerFamily.Plan(_network, own, peer, (family, entries) => PlanJoint(own, peer, family, entries));

    /// <summary>What stands beneath the tunnel, so that packets to the network are refused rather than sent in clear while there is no tunnel.</summary>
    public static IReadOnlyList<KernelEntry> PlanGuard(SubnetPair network) =>
        [.. new[] { network.IPv4, network.IPv6 }.OfType<IPNetwork>().Select(prefix => RouteTo(new InetPrefix(prefix)) with { Kind = RouteKind.Unreachable, Metric = uint.MaxValue })];

    /// <summary>Says that IPv6 does not fit into the outer packets, if it does not.</summary>
    public string? FindMtuFault() => FindMtuFault(Facts.Mtu);

    // Mode separate: the families have nothing to do with each other.
    private string? PlanFamily(PeerFamily peer, List<KernelEntry> entries)
    {
        if (FindPeer(peer, out var data) is { } mistake)
        {
            return mistake;
        }

        if (peer.PublicAddress.IsNone)
        {
            return peer.FindAddressMistake();
        }

        var tunnel = _tunnels[peer.IsIPv6 ? ^1 : 0];
        return Add(tunnel, data, peer.PublicAddress.ToIPAddress(), data.Port ?? tunnel.Port, [peer.Subnet], entries);
    }

    // One device: its entry for the peer has the prefixes of both families.
    private string? PlanJoint(Lease own, Lease peer, PeerFamily family, List<KernelEntry> entries)
    {
        if (FindPeer(family, out var data) is { } mistake)
        {
            return mistake;
        }

        if (OuterFamily.Choose(_settings.Mode, own.Attributes.PublicAddresses, peer.Attributes.PublicAddresses, out var unreachable) is not { } address)
        {
            return unreachable;
        }

        if (entries is not [WireGuardPeerEntry other])
        {
            return Add(_tunnels[0], data, address, PortOf(peer, data), [family.Subnet], entries);
        }

        if (other.PublicKey != data.PublicKey)
        {
            return $"it publishes another key for IPv6 ({data.PublicKey}) than for IPv4; restart the agent of that node, so that it publishes anew";
        }

        entries.Clear();
        return Add(_tunnels[0], data, address, PortOf(peer, data), [.. other.AllowedIps, family.Subnet], entries);
    }

    // Flannel publishes the port of a second device, which it does not have in these modes, for IPv6 (5.W7); the one for IPv4 is right.
    private int PortOf(Lease peer, in WireGuardPeerData data) =>
        (WireGuardPeerData.TryRead(peer.Attributes.BackendData, out var v4, out _) ? v4.Port : null) ?? data.Port ?? _settings.ListenPort;

    private string? FindPeer(PeerFamily peer, out WireGuardPeerData data)
    {
        if (!WireGuardPeerData.TryRead(peer.Data, out data, out var mistake))
        {
            return $"{mistake}; restart the agent of that node, so that it publishes anew";
        }

        return data.PublicKey == _identity.PublicKey
            ? $"its key {data.PublicKey} is this node's own, so it is an old lease of this node or a copy of this machine; release that lease, or delete the copy's key file"
            : null;
    }

    private string? Add(Tunnel tunnel, in WireGuardPeerData data, IPAddress address, int port, IEnumerable<InetPrefix> prefixes, List<KernelEntry> entries)
    {
        // Several nodes behind one NAT have one address, but not one port. This node's own endpoint was its own with an earlier key.
        var ours = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? _underlay.PublicAddresses.IPv4 : _underlay.PublicAddresses.IPv6;
        if (address.Equals(ours) && port == tunnel.Port)
        {
            return $"it is reached at {new IPEndPoint(address, port)}, as this node itself, so it is an old lease of this node or a copy of this machine; release that lease, or give the copy its own address";
        }

        entries.Add(new WireGuardPeerEntry(tunnel.Device, data.PublicKey, prefixes)
        {
            Endpoint = new IPEndPoint(address, port),
            PresharedKey = _settings.HasPresharedKey ? PresharedKeyUse.Network : PresharedKeyUse.None,
            PersistentKeepalive = _settings.PersistentKeepalive,
        });
        return null;
    }

    private static RouteEntry RouteTo(InetPrefix network) => new()
    {
        Destination = network,
        Metric = network.Address.IsIPv6 ? RouteEntry.IPv6DefaultMetric : 0,
    };

    private string? FindMtuFault(int mtu) => _network.IPv6 is null || mtu >= LeastIPv6Mtu
        ? null
        : $"the outer packets of {_underlay.InterfaceName} leave {mtu} bytes for IPv6 inside, which needs {LeastIPv6Mtu}; raise the interface's MTU (or Backend.MTU) by {LeastIPv6Mtu - mtu}";

    private NetworkFacts DescribeNetwork()
    {
        var hasIPv4 = _network.IPv4 is not null;
        var hasIPv6 = _network.IPv6 is not null;
        var facts = new NetworkFacts
        {
            // The smallest of the devices: the workload's interface has one MTU.
            Mtu = _tunnels.Min(tunnel => tunnel.Mtu),
            DataPath = _identity.Kind == WireGuardDeviceKind.Kernel ? "kernel device" : "userspace device",
            Attributes = new LeaseAttributes
            {
                PublicAddresses = new AddressPair(hasIPv4 ? _underlay.PublicAddresses.IPv4 : null, hasIPv6 ? _underlay.PublicAddresses.IPv6 : null),
                BackendType = BackendType,
                BackendData = hasIPv4 ? WireGuardPeerData.Write(_identity.PublicKey, _tunnels[0].Port) : null,
                BackendV6Data = hasIPv6 ? WireGuardPeerData.Write(_identity.PublicKey, _tunnels[^1].Port) : null,
            },
        };
        return facts with { Fault = _underlay.Fault ?? FindMtuFault(facts.Mtu) };
    }
}
