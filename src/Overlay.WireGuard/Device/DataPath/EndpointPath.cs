using Overlay.Linux.Interop;
using Overlay.WireGuard.Protocol.Handshakes;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>The same in the words of sockets and in those of the protocol.</summary>
internal static class EndpointPath
{
    public static DatagramPath ToPath(this in Endpoint endpoint) => new(endpoint.Address, endpoint.Port, endpoint.ScopeId, endpoint.LocalAddress, endpoint.LocalInterface);

    public static Endpoint ToEndpoint(this in DatagramPath path) =>
        new(path.Remote, path.RemotePort) { ScopeId = path.ScopeId, LocalAddress = path.Local, LocalInterface = path.Interface };
}
