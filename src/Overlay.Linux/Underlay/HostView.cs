using Overlay.Core.Addressing;

namespace Overlay.Linux.Underlay;

/// <summary>What the choice of an interface looks at, at one moment.</summary>
/// <param name="Interfaces">All interfaces, by index.</param>
/// <param name="DefaultRoutes">The default routes of the main table, in the kernel's order.</param>
/// <param name="RouteTo">Gives the index of the interface through which an address is reached; <see langword="null"/> when it is not reached.</param>
internal sealed record HostView(IReadOnlyList<HostInterface> Interfaces, IReadOnlyList<DefaultRoute> DefaultRoutes, Func<InetAddress, int?> RouteTo);
