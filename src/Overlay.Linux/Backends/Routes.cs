using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends;

/// <summary>The routes to peers that backends have in common.</summary>
internal static class Routes
{
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

    private static uint Metric(InetPrefix destination) => destination.Address.IsIPv6 ? RouteEntry.IPv6DefaultMetric : 0;
}
