using System.Net;
using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends;

/// <summary>The routes to peers that backends have in common.</summary>
internal static class Routes
{
    // Flannel gives it none, and then it hides the route of the workloads' bridge, which is of the same prefix and comes later.
    private const uint BlackholeMetric = 0xFF00_0000;

    /// <summary>A route through an address that a prefix of the device has.</summary>
    public static RouteEntry Via(InetPrefix destination, InetAddress gateway, string device) => new()
    {
        Destination = destination,
        Gateway = gateway,
        Device = device,
        Metric = Metric(destination),
    };

    /// <summary>A route through an address that no prefix of the device has.</summary>
    public static RouteEntry OnLinkVia(InetPrefix destination, InetAddress gateway, string device) =>
        Via(destination, gateway, device) with { IsOnLink = true };

    /// <summary>Drops packets to addresses of a subnet that nothing else leads to (flannel-facts 0.4, step 19).</summary>
    public static IEnumerable<RouteEntry> Blackholes(SubnetPair subnets) => new[] { subnets.IPv4, subnets.IPv6 }.OfType<IPNetwork>().Select(subnet => new RouteEntry
    {
        Destination = new InetPrefix(subnet),
        Kind = RouteKind.Blackhole,
        Metric = BlackholeMetric,
    });

    private static uint Metric(InetPrefix destination) => destination.Address.IsIPv6 ? RouteEntry.IPv6DefaultMetric : 0;
}
