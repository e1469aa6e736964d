using Overlay.Core.Addressing;

namespace Overlay.Linux.Kernel;

/// <summary>Which entries of the kernel are a scope's own, so that those it does not want may be removed: all addresses, neighbours, forwarding
/// entries and (inside <paramref name="Network"/>) routes of its devices, and routes of <see cref="RouteProtocols.Overlay"/> inside
/// <paramref name="Network"/> on any device.</summary>
/// <param name="Name">The scope's name, for status and logs: the backend's.</param>
/// <param name="Devices">The names of the devices that the network makes.</param>
/// <param name="Network">The prefixes of the whole network.</param>
public sealed record ScopeClaim(string Name, IReadOnlyList<string> Devices, IReadOnlyList<InetPrefix> Network);
