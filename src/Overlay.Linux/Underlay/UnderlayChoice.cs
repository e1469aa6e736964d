using Overlay.Core.Addressing;

namespace Overlay.Linux.Underlay;

/// <summary>The interface chosen, and the addresses that the choice itself has named.</summary>
/// <param name="Interface">The interface.</param>
/// <param name="IPv4">The IPv4 address that stands for the node; none if the network has no IPv4.</param>
/// <param name="IPv6">The IPv6 address that stands for the node; none if the network has no IPv6.</param>
/// <param name="Reason">Which wish chose it, for the log: <c>--iface=eth0</c>, <c>default route</c>.</param>
internal sealed record UnderlayChoice(HostInterface Interface, InetAddress IPv4, InetAddress IPv6, string Reason);
