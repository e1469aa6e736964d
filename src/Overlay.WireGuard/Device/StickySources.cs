using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device;

/// <summary>Lets go of a peer's source address when the route to the peer leads through another interface than the one that it came in on (fact 13). Created, and
/// used, on a thread of the sockets' network namespace.</summary>
internal sealed class StickySources(ProtocolEngine engine) : IDisposable
{
    private readonly RouteNetlink _netlink = new();

    /// <summary>Routes have changed.</summary>
    public void Check(uint mark)
    {
        foreach (var peer in engine.Peers)
        {
            if (peer.Endpoint is { HasSource: true, ScopeId: 0 } endpoint && endpoint.LocalInterface != FindInterface(endpoint, mark))
            {
                peer.ForgetSource();
            }
        }
    }

    public void Dispose() => _netlink.Dispose();

    private int FindInterface(in Protocol.Handshakes.Endpoint endpoint, uint mark)
    {
        try
        {
            return _netlink.GetRoute(endpoint.Address, mark: mark).Link;
        }
        catch (NetlinkException)
        {
            return endpoint.LocalInterface; // No route now; when there is one again, this is asked again.
        }
    }
}
