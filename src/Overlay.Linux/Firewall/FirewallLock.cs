using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Overlay.Linux.Firewall;

/// <summary>Holds the overlay's rules of one network namespace for one process: a socket with an abstract name, which the kernel knows per network
/// namespace and releases when the process ends, however that happens.</summary>
internal sealed class FirewallLock : IDisposable
{
    private const string Name = "\0overlay/firewall";
    private readonly Socket _socket;

    private FirewallLock(Socket socket) => _socket = socket;

    /// <summary>Takes the lock in the network namespace of the calling thread; <see langword="null"/> when another process, or another
    /// firewall in this one, has it.</summary>
    /// <exception cref="FirewallException">It cannot be taken by anybody.</exception>
    public static FirewallLock? TryTake()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(Name));
            // Nobody is ever answered, so the queue only grows; who is in it can see whose socket it is.
            socket.Listen(1024);
            return new(socket);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new FirewallException($"The lock of the firewall rules (a local socket) cannot be taken: {exception.Message}.", exception);
        }
    }

    /// <summary>Who has the lock, as well as can be said.</summary>
    public static string DescribeHolder()
    {
        const int SolSocket = 1;
        const int PeerCredentials = 17;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        Span<byte> credentials = stackalloc byte[12];
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(Name));
            socket.GetRawSocketOption(SolSocket, PeerCredentials, credentials);
        }
        catch (SocketException)
        {
            return "another process";
        }

        var process = MemoryMarshal.Read<int>(credentials);
        try
        {
            return $"process {process} ({File.ReadAllText($"/proc/{process}/comm").Trim()})";
        }
        catch (IOException)
        {
            // It is in another process namespace, or gone.
            return process == 0 ? "a process in another container" : $"process {process}";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
