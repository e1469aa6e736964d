namespace Overlay.Linux.Underlay;

/// <summary>A default route of the main table.</summary>
/// <param name="IsIPv6">The family.</param>
/// <param name="Metric">The lower one wins.</param>
/// <param name="Interfaces">The index of the interface of each next hop that works, in the kernel's order; empty for a route without any.</param>
/// <param name="IsFromAdvertisement">Whether a router advertised it (RTPROT_RA).</param>
internal sealed record DefaultRoute(bool IsIPv6, uint Metric, IReadOnlyList<int> Interfaces, bool IsFromAdvertisement = false);
