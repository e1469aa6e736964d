using Overlay.Linux.Interop;
using Overlay.WireGuard.Protocol.Handshakes;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>The same in the words of sockets and in those of the protocol.</summary>
internal static class EndpointPath
{
    /// <summary>Whether a send may have failed because its source address is gone: EINVAL in most kernels, ENETUNREACH in others for IPv4.</summary>
    public static bool MayBeAboutSource(int errno) => errno is Uapi.EINVAL or Uapi.EADDRNOTAVAIL or Uapi.ENETUNREACH or Uapi.EHOSTUNREACH;

    public static DatagramPath ToPath(this in Endpoint endpoint) => new(endpoint.Address, endpoint.Port, endpoint.ScopeId, endpoint.LocalAddress, endpoint.LocalInterface);

    public static Endpoint ToEndpoint(this in DatagramPath path) =>
        new(path.Remote, path.RemotePort) { ScopeId = path.ScopeId, LocalAddress = path.Local, LocalInterface = path.Interface };
}
