using System.Net.Sockets;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;

namespace Overlay.Agent.Hosting;

/// <summary>Keeps a second agent of one network out of a network namespace. An abstract socket belongs to the namespace and ends with the process,
/// however that ends.</summary>
internal sealed class NetworkLock : INodePreparation, IDisposable
{
    private Socket? _socket;
    private SubnetPair _network;

    /// <summary>Takes the network; taking the same one twice is harmless.</summary>
    /// <exception cref="OverlayException">Another agent has it.</exception>
    public void Take(SubnetPair network)
    {
        if (_socket is null || network != _network)
        {
            _socket?.Dispose();
            _socket = TryTake(network.ToString())
                ?? throw new OverlayException($"Another agent already runs network {network} in this network namespace: stop it first.");
            _network = network;
        }
    }

    public ValueTask PrepareAsync(NetworkConfiguration configuration, CancellationToken cancellationToken)
    {
        Take(configuration.Network);
        return ValueTask.CompletedTask;
    }

    /// <summary>Whether an agent runs a network of these prefixes here.</summary>
    public static bool IsTaken(IEnumerable<InetPrefix> network)
    {
        using var socket = TryTake(string.Join(", ", network));
        return socket is null;
    }

    public void Dispose() => _socket?.Dispose();

    private static Socket? TryTake(string network)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // A leading zero makes the name abstract (unix(7)).
            socket.Bind(new UnixDomainSocketEndPoint($"\0overlayd/{network}"));
            return socket;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
    }
}
