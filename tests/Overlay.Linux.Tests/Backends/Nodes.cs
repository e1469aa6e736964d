using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Linux.Backends;

namespace Overlay.Linux.Tests.Backends;

using Underlay = Core.Backends.Underlay;

/// <summary>The network of flannel-facts part 5: node N has 10.244.N.0/24 and 2001:cafe:42:N::/64 and is reached at 192.168.1.N and fd00:1::N.</summary>
internal static class Nodes
{
    public static readonly IPNetwork WholeIPv4 = IPNetwork.Parse("10.244.0.0/16");
    public static readonly IPNetwork WholeIPv6 = IPNetwork.Parse("2001:cafe:42::/56");

    public static SubnetPair Network(AddressFamilies families) =>
        new(families.HasFlag(AddressFamilies.IPv4) ? WholeIPv4 : null, families.HasFlag(AddressFamilies.IPv6) ? WholeIPv6 : null);

    public static AddressPair Addresses(int node, AddressFamilies families) => new(
        families.HasFlag(AddressFamilies.IPv4) ? IPAddress.Parse($"192.168.1.{node}") : null,
        families.HasFlag(AddressFamilies.IPv6) ? IPAddress.Parse($"fd00:1::{node}") : null);

    public static Lease Lease(int node, AddressFamilies families = AddressFamilies.IPv4, string type = "vxlan") => new()
    {
        Subnets = new SubnetPair(
            families.HasFlag(AddressFamilies.IPv4) ? IPNetwork.Parse($"10.244.{node}.0/24") : null,
            families.HasFlag(AddressFamilies.IPv6) ? IPNetwork.Parse($"2001:cafe:42:{node}::/64") : null),
        Attributes = new LeaseAttributes
        {
            PublicAddresses = Addresses(node, families),
            BackendType = type,
            BackendData = type == "vxlan" && families.HasFlag(AddressFamilies.IPv4) ? $$"""{"VNI":1,"VtepMAC":"02:00:00:00:04:0{{node}}"}""" : null,
            BackendV6Data = type == "vxlan" && families.HasFlag(AddressFamilies.IPv6) ? $$"""{"VNI":1,"VtepMAC":"02:00:00:00:06:0{{node}}"}""" : null,
        },
    };

    public static Underlay Underlay(AddressFamilies families = AddressFamilies.IPv4, int mtu = 1500, string name = "eth0") => new()
    {
        InterfaceName = name,
        InterfaceIndex = 2,
        Mtu = mtu,
        Addresses = Addresses(1, families),
        PublicAddresses = Addresses(1, families),
        OnLinkPrefixes = [IPNetwork.Parse("192.168.1.0/24"), IPNetwork.Parse("fd00:1::/64")],
    };

    public static Underlay With(this Underlay underlay, int? mtu = null, string? name = null, AddressPair? addresses = null, AddressPair? told = null, string[]? onLink = null, string? fault = null) => new()
    {
        InterfaceName = name ?? underlay.InterfaceName,
        InterfaceIndex = underlay.InterfaceIndex,
        Mtu = mtu ?? underlay.Mtu,
        Addresses = addresses ?? underlay.Addresses,
        PublicAddresses = told ?? underlay.PublicAddresses,
        OnLinkPrefixes = onLink?.Select(IPNetwork.Parse).ToArray() ?? underlay.OnLinkPrefixes,
        Fault = fault ?? underlay.Fault,
    };

    public static BackendContext Context(Live<Underlay> underlay, AddressFamilies families, string backendJson, OwnRecord? own = null) => new()
    {
        Configuration = new NetworkConfiguration
        {
            Network = Network(families),
            Backend = new BackendConfiguration(System.Text.Json.JsonDocument.Parse(backendJson).RootElement.GetProperty("Type").GetString()!, backendJson),
        },
        Underlay = underlay,
        Own = own,
    };

    public static string[] Text(this PeerPlan plan) => [.. plan.Entries.Select(entry => entry.ToString())];
}
