using System.Net.Sockets;

namespace Overlay.Core.Leases;

/// <summary>Connects to a lease store's server.</summary>
public static class StoreSocket
{
    // The kernel sends a lost SYN again after one second, and then ever later. Giving up soon after that, and trying anew, keeps the gap between two of them
    // short, so that a network which comes back is noticed.
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(1.5);

    /// <summary>Makes a TCP connection, for <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="SocketException">Nobody answers; soon, and not after the minutes that the kernel would wait.</exception>
    public static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = new CancellationTokenSource(_longest, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, either.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
