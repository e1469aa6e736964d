using System.Net.Sockets;
using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;

namespace Overlay.Cni.Commands;

/// <summary>Finds out whether the node's agent lives. overlayd listens on its control socket; flanneld has none, so that a missing socket says something only if the
/// configuration names one.</summary>
internal static class AgentContact
{
    /// <exception cref="CniException">The agent is dead.</exception>
    public static void Demand(NetworkDefinition network)
    {
        var isNamed = !network.Root.Member("controlSocket").IsMissing;
        if (!File.Exists(network.ControlSocket))
        {
            if (isNamed)
            {
                throw Dead(network, "there is no such socket");
            }

            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(network.ControlSocket));
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionRefused)
        {
            throw Dead(network, "nobody listens");
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            // No permission, or a full queue: the agent may well live.
        }
    }

    private static CniException Dead(NetworkDefinition network, string why) => new(
        CniErrorCode.LimitedConnectivity,
        $"The node's agent is not running ({network.ControlSocket}: {why}), so that workloads do not learn of changes on other nodes: start overlayd and look at its log.");
}
