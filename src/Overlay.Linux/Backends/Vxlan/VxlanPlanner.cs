using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Leases;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends.Vxlan;

using Underlay = Core.Backends.Underlay;

/// <summary>Plans a VXLAN network (flannel-facts 5.V): a device in each family; for each peer a neighbour, a forwarding entry and a route.</summary>
internal sealed class VxlanPlanner : INetworkPlanner
{
    /// <summary>The name in configuration and in leases.</summary>
    public const string BackendType = "vxlan";

    // The least that IPv6 may be given (RFC 8200, section 5); below it the kernel takes IPv6 off the device.
    private const int LeastIPv6Mtu = 1280;

    private readonly VxlanSettings _settings;
    private readonly SubnetPair _network;
    private readonly Underlay _underlay;
    private readonly VxlanIdentity _identity;
    private readonly string _device;
    private readonly string _deviceV6;

    public VxlanPlanner(VxlanSettings settings, SubnetPair network, Underlay underlay, VxlanIdentity identity)
    {
        _settings = settings;
        _network = network;
        _underlay = underlay;
        _identity = identity;
        _device = VxlanDevice.Name(settings.Vni, isIPv6: false);
        _deviceV6 = VxlanDevice.Name(settings.Vni, isIPv6: true);
        Facts = DescribeNetwork();
    }

    public NetworkFacts Facts { get; }

    public IReadOnlyList<KernelEntry> PlanOwn(Lease own)
    {
        var entries = new List<KernelEntry>(4);
        Add(_network.IPv4, own.Subnets.IPv4, _underlay.Addresses.IPv4, isIPv6: false);
        Add(_network.IPv6, own.Subnets.IPv6, _underlay.Addresses.IPv6, isIPv6: true);
        return entries;

        void Add(IPNetwork? network, IPNetwork? subnet, IPAddress? local, bool isIPv6)
        {
            if (network is null || subnet is not { } ours || local is null)
            {
                return;
            }

            entries.Add(new VxlanLinkEntry
            {
                Name = Device(isIPv6),
                Vni = _settings.Vni,
                Underlay = _underlay.InterfaceName,
                Local = new InetAddress(local),
                Port = _settings.Port,
                Mac = _identity.Mac(isIPv6),
                Mtu = Mtu(isIPv6),
                Learning = _settings.Learning,
                GroupPolicy = _settings.GroupPolicy,
                TxChecksumOffload = _identity.TxChecksumOffload,
            });
            // Flannel's address for the device: the subnet's base, alone (5.V7).
            entries.Add(new AddressEntry(Device(isIPv6), InetPrefix.Host(new InetAddress(ours.BaseAddress))));
        }
    }

    public PeerPlan Plan(Lease own, Lease peer) => PeerFamily.Plan(_network, own, peer, PlanFamily);

    private string? PlanFamily(PeerFamily peer, List<KernelEntry> entries)
    {
        if (peer.FindAddressMistake() is { } unreachable)
        {
            return unreachable;
        }

        if (_settings.DirectRouting && _underlay.IsOnLink(peer.PublicAddress.ToIPAddress()))
        {
            entries.Add(Routes.Via(peer.Subnet, peer.PublicAddress, _underlay.InterfaceName));
            return null;
        }

        if (!VxlanPeerData.TryRead(peer.Data, out var data, out var mistake))
        {
            return $"{mistake}; restart the agent of that node, so that it publishes anew";
        }

        if (data.Vni is { } vni && vni != _settings.Vni)
        {
            return $"its VNI is {vni} and this node's is {_settings.Vni}; give all nodes one Backend.VNI";
        }

        if (data.Mac == _identity.Mac(peer.IsIPv6))
        {
            return $"its VtepMAC {data.Mac} is that of this node's own device, so one of the two is a copy; delete {Device(peer.IsIPv6)} there and release its lease";
        }

        var device = Device(peer.IsIPv6);
        var gateway = peer.Subnet.Address;
        entries.Add(new NeighbourEntry(device, gateway, data.Mac));
        entries.Add(new ForwardingEntry(device, data.Mac, peer.PublicAddress));
        entries.Add(Routes.OnLinkVia(peer.Subnet, gateway, device));
        return null;
    }

    /// <summary>Says that IPv6 does not fit into the outer packets, if it does not.</summary>
    public string? FindMtuFault()
    {
        var mtu = Mtu(_network.IPv6 is not null);
        return _network.IPv6 is null || mtu >= LeastIPv6Mtu
            ? null
            : $"the outer packets of {_underlay.InterfaceName} leave {mtu} bytes for IPv6 inside, which needs {LeastIPv6Mtu}; raise the interface's MTU (or Backend.MTU) to {LeastIPv6Mtu + VxlanOverhead.OverIPv6}";
    }

    private string Device(bool isIPv6) => isIPv6 ? _deviceV6 : _device;

    // The kernel clamps to what the device beneath carries, so a larger setting cannot be had.
    private int Mtu(bool isIPv6) =>
        (_settings.Mtu == 0 ? _underlay.Mtu : Math.Min(_settings.Mtu, _underlay.Mtu)) - (isIPv6 ? VxlanOverhead.OverIPv6 : VxlanOverhead.OverIPv4);

    private NetworkFacts DescribeNetwork()
    {
        var hasIPv4 = _network.IPv4 is not null;
        var hasIPv6 = _network.IPv6 is not null;
        return new NetworkFacts
        {
            // The smallest of the families: the workload's interface has one MTU.
            Mtu = Mtu(hasIPv6),
            Attributes = new LeaseAttributes
            {
                PublicAddresses = new AddressPair(hasIPv4 ? _underlay.PublicAddresses.IPv4 : null, hasIPv6 ? _underlay.PublicAddresses.IPv6 : null),
                BackendType = BackendType,
                BackendData = hasIPv4 ? VxlanPeerData.Write(_settings.Vni, _identity.IPv4Mac) : null,
                BackendV6Data = hasIPv6 ? VxlanPeerData.Write(_settings.Vni, _identity.IPv6Mac) : null,
            },
            Fault = _underlay.Fault ?? FindMtuFault(),
        };
    }
}
