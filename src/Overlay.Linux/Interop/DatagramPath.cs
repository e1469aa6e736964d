using Overlay.Core.Addressing;

namespace Overlay.Linux.Interop;

/// <summary>Both ends of a datagram's way.</summary>
/// <param name="Remote">The other host.</param>
/// <param name="RemotePort">Its port.</param>
/// <param name="ScopeId">The interface to which a link-local IPv6 address belongs.</param>
/// <param name="Local">Our address; none lets the kernel choose.</param>
/// <param name="Interface">The interface that the datagram came in on; zero lets the kernel choose.</param>
internal readonly record struct DatagramPath(InetAddress Remote, ushort RemotePort, uint ScopeId, InetAddress Local, int Interface);
