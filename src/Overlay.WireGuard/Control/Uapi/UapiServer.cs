using System.Collections.Concurrent;
using System.Net.Sockets;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

using Overlay.Core.Diagnostics;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Lets <c>wg(8)</c> and <c>wg-quick(8)</c> drive a device, by the protocol of wireguard.com/xplatform.</summary>
public sealed partial class UapiServer : IAsyncDisposable
{
    // Each one costs 50 KB. Who is over the limit waits in the kernel's queue.
    private const int MostConnections = 256;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly IWireGuardDevice _device;
    private readonly UapiSocket _socket;
    private readonly UapiSocketWatch _watch;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _free = new(MostConnections);
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly Task _loop;

    private UapiServer(IWireGuardDevice device, UapiSocket socket, TimeProvider clock, ILogger logger)
    {
        (_device, _socket, _clock, _logger) = (device, socket, clock, logger);
        _watch = new UapiSocketWatch(socket.Path);
        _loop = AcceptAsync();
    }

    /// <summary>Completes when the socket's file was taken away: the user wants the device to end.</summary>
    public Task Removed => _watch.Removed;

    /// <summary>Begins to answer. The socket belongs to the server from now on; the device does not.</summary>
    public static UapiServer Start(IWireGuardDevice device, UapiSocket socket, ILoggerFactory? loggerFactory = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(socket);
        return new UapiServer(device, socket, clock ?? TimeProvider.System, (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<UapiServer>());
    }

    /// <summary>Ends all connections and removes the socket's file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        if (_watch.Removed.IsCompleted)
        {
            // What is there now, if anything, is somebody else's.
            _socket.Abandon();
        }
        else
        {
            _socket.Dispose();
        }

        await _loop;
        await Task.WhenAll(_connections.Keys);
        _watch.Dispose();
        _free.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _free.WaitAsync(_stop.Token);
                Serve(await _socket.Listener.AcceptAsync(_stop.Token));
            }
            catch (Exception exception) when (_stop.IsCancellationRequested && exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
            catch (SocketException exception)
            {
                // The process may be out of descriptors for a while.
                _free.Release();
                Log.CannotAccept(_logger, exception.Message);
                await Task.Delay(_pause, _clock, CancellationToken.None);
            }
        }
    }

    private void Serve(Socket client)
    {
        var connection = Task.Run(() => new UapiConnection(client, _device, _logger).RunAsync(_stop.Token));
        _connections.TryAdd(connection, true);
        connection.ContinueWith(
            ended =>
            {
                _connections.TryRemove(ended, out _);
                _free.Release();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.WireGuardControl + 1, LogLevel.Error, "The control socket cannot take a connection and tries again: {Reason}")]
        public static partial void CannotAccept(ILogger logger, string reason);
    }
}
