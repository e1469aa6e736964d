using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Leases;
using Overlay.Linux.Backends;
using Overlay.WireGuard.Backend;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Backend;

/// <summary>The network of flannel-facts part 5: node N has 10.244.N.0/24 and 2001:cafe:42:N::/64, is reached at 192.168.1.N and fd00:1::N, and has a key of
/// bytes N.</summary>
internal static class Nodes
{
    public static readonly IPNetwork WholeIPv4 = IPNetwork.Parse("10.244.0.0/16");
    public static readonly IPNetwork WholeIPv6 = IPNetwork.Parse("2001:cafe:42::/56");

    /// <summary>A key that is easy to tell: every byte is the node's number.</summary>
    public static PublicKey Key(int node) => new(Enumerable.Repeat((byte)node, PublicKey.Size).ToArray());

    public static SubnetPair Network(AddressFamilies families) =>
        new(families.HasFlag(AddressFamilies.IPv4) ? WholeIPv4 : null, families.HasFlag(AddressFamilies.IPv6) ? WholeIPv6 : null);

    public static AddressPair Addresses(int node, AddressFamilies families) => new(
        families.HasFlag(AddressFamilies.IPv4) ? IPAddress.Parse($"192.168.1.{node}") : null,
        families.HasFlag(AddressFamilies.IPv6) ? IPAddress.Parse($"fd00:1::{node}") : null);

    public static Lease Lease(int node, AddressFamilies families = AddressFamilies.IPv4, int port = 51820, int portV6 = 51821) => new()
    {
        Subnets = new SubnetPair(
            families.HasFlag(AddressFamilies.IPv4) ? IPNetwork.Parse($"10.244.{node}.0/24") : null,
            families.HasFlag(AddressFamilies.IPv6) ? IPNetwork.Parse($"2001:cafe:42:{node}::/64") : null),
        Attributes = new LeaseAttributes
        {
            PublicAddresses = Addresses(node, families),
            BackendType = "wireguard",
            BackendData = families.HasFlag(AddressFamilies.IPv4) ? WireGuardPeerData.Write(Key(node), port) : null,
            BackendV6Data = families.HasFlag(AddressFamilies.IPv6) ? WireGuardPeerData.Write(Key(node), portV6) : null,
        },
    };

    public static Underlay Underlay(AddressFamilies families = AddressFamilies.IPv4, int mtu = 1500, AddressPair? told = null) => new()
    {
        InterfaceName = "eth0",
        InterfaceIndex = 2,
        Mtu = mtu,
        Addresses = Addresses(1, families),
        PublicAddresses = told ?? Addresses(1, families),
    };

    public static WireGuardPlanner Planner(AddressFamilies families, WireGuardSettings? settings = null, int mtu = 1500, WireGuardDeviceKind kind = WireGuardDeviceKind.Kernel, AddressPair? told = null) =>
        new(settings ?? new WireGuardSettings(), Network(families), Underlay(families, mtu, told), new WireGuardIdentity(Key(1), kind, new NoHolder()));

    public static string[] Own(this WireGuardPlanner planner, AddressFamilies families) => [.. planner.PlanOwn(Lease(1, families)).Select(entry => entry.ToString())];

    public static string[] Text(this PeerPlan plan) => [.. plan.Entries.Select(entry => entry.ToString()), .. plan.Refusal is { } refusal ? [$"refused: {refusal}"] : Array.Empty<string>()];

    private sealed class NoHolder : Linux.Kernel.ILinkHolder
    {
        public bool Holds(string name, int index) => false;

        public void Open(string name, int mtu) => throw new InvalidOperationException("A planner opens nothing.");
    }
}
