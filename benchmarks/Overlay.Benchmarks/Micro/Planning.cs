using System.Net;
using BenchmarkDotNet.Attributes;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Leases;
using Overlay.Linux.Backends;
using Overlay.Linux.Backends.Vxlan;
using Overlay.Linux.Kernel;

namespace Overlay.Benchmarks.Micro;

/// <summary>Plans every peer of a VXLAN network. The baseline makes the same three entries of values that are known already, so the ratio is what reading
/// the lease (its JSON among it) costs.</summary>
public class Planning
{
    private static readonly Underlay _underlay = new()
    {
        InterfaceName = "eth0",
        InterfaceIndex = 2,
        Mtu = 1500,
        Addresses = new AddressPair(IPAddress.Parse("198.18.0.1"), null),
        PublicAddresses = new AddressPair(IPAddress.Parse("198.18.0.1"), null),
        OnLinkPrefixes = [IPNetwork.Parse("198.18.0.0/15")],
    };

    private readonly VxlanPlanner _planner = new(
        new VxlanSettings(), new SubnetPair(IPNetwork.Parse(SamplePeer.Network), null), _underlay, new VxlanIdentity(SamplePeer.At(0).Mac, SamplePeer.At(0).Mac));

    private readonly Lease _own = SamplePeer.At(0).ToLease();
    private SamplePeer[] _peers = [];
    private Lease[] _leases = [];

    [Params(100, 1_000, 10_000)]
    public int Peers { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        _peers = [.. Enumerable.Range(1, Peers).Select(SamplePeer.At)];
        _leases = [.. _peers.Select(peer => peer.ToLease())];
    }

    [Benchmark]
    public int Planner()
    {
        var entries = 0;
        foreach (var lease in _leases)
        {
            entries += _planner.Plan(_own, lease).Entries.Count;
        }

        return entries == 3 * Peers ? entries : throw new InvalidOperationException("A peer was refused.");
    }

    [Benchmark(Baseline = true)]
    public int ByHand()
    {
        var entries = 0;
        foreach (var peer in _peers)
        {
            KernelEntry[] plan =
            [
                new NeighbourEntry("flannel.1", peer.Subnet.Address, peer.Mac),
                new ForwardingEntry("flannel.1", peer.Mac, peer.Remote),
                new RouteEntry { Destination = peer.Subnet, Gateway = peer.Subnet.Address, Device = "flannel.1", IsOnLink = true },
            ];
            entries += new PeerPlan(plan).Entries.Count;
        }

        return entries;
    }
}
