using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Interop;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Underlay;

/// <summary>One thread that hears what the kernel announces about links, addresses, routes onto links and settings, and tells those who asked. It stays
/// in the network namespace of the thread that constructed it; whatever has to be read or written there runs on it.</summary>
internal sealed partial class NetworkWatch : IDisposable
{
    // RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF and RTM_NEWNETCONF of linux/rtnetlink.h: forwarding and rp_filter of a link were set.
    private const uint IPv4SettingsGroup = 24;
    private const uint IPv6SettingsGroup = 25;
    private const ushort SettingsMessage = 80;

    // How soon those are told again whose reading has failed.
    private static readonly TimeSpan _secondTry = TimeSpan.FromSeconds(1);

    private readonly NetlinkSocket _socket;
    private readonly RouteNetlink _netlink;
    private readonly NetlinkBuffer _buffer = new();
    private readonly EventDescriptor _wake = new();
    private readonly ConcurrentQueue<Action> _work = new();
    private readonly List<Action<RouteNetlink, NetworkChange>> _listeners = [];
    private readonly ILogger<NetworkWatch> _logger;
    private readonly Thread _thread;
    private readonly Lock _closing = new();
    private volatile bool _isClosing;

    public NetworkWatch(ILogger<NetworkWatch> logger)
    {
        _logger = logger;
        // Both sockets belong to the namespace of this thread, and a new thread starts in the namespace of the one that made it.
        _socket = NetlinkSocket.Open(NetlinkProtocol.Route);
        _netlink = new RouteNetlink();
        foreach (var group in (ReadOnlySpan<RouteGroup>)[RouteGroup.Link, RouteGroup.IPv4Address, RouteGroup.IPv6Address, RouteGroup.IPv4Route, RouteGroup.IPv6Route])
        {
            _socket.Join(group);
        }

        TryJoin(IPv4SettingsGroup);
        TryJoin(IPv6SettingsGroup);
        _thread = new Thread(Run) { IsBackground = true, Name = "overlay underlay" };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> on the thread, in the namespace. What it throws is thrown by the task.</summary>
    public Task<T> RunAsync<T>(Func<RouteNetlink, T> work)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            if (_isClosing)
            {
                completion.TrySetException(new ObjectDisposedException(nameof(NetworkWatch)));
                return;
            }

            try
            {
                completion.SetResult(work(_netlink));
            }
            catch (Exception exception)
            {
                completion.SetException(exception);
            }
        });
        return completion.Task;
    }

    /// <summary>Calls <paramref name="listener"/> on the thread after each burst of changes, and once at the start. Disposing what is given ends it.</summary>
    public IDisposable Listen(Action<RouteNetlink, NetworkChange> listener)
    {
        Post(() =>
        {
            _listeners.Add(listener);
            Tell(listener, new NetworkChange { IsEverything = true });
        });
        return new Subscription(this, listener);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_closing)
        {
            if (_isClosing)
            {
                return;
            }

            _isClosing = true;
            _wake.Raise();
        }

        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _socket.Dispose();
        _netlink.Dispose();
        _buffer.Dispose();
        _wake.Dispose();
    }

    private void Post(Action work) => ObjectDisposedException.ThrowIf(!TryPost(work), this);

    private bool TryPost(Action work)
    {
        lock (_closing)
        {
            if (_isClosing)
            {
                return false;
            }

            _work.Enqueue(work);
            _wake.Raise();
            return true;
        }
    }

    private void Run()
    {
        var patience = Timeout.InfiniteTimeSpan;
        while (!_isClosing)
        {
            DescriptorPoll.Wait(_socket.Handle, _wake.Handle, patience);
            _wake.Clear();
            var change = Drain();
            change.IsEverything |= patience != Timeout.InfiniteTimeSpan;
            var isWell = true;
            if (!change.IsEmpty)
            {
                foreach (var listener in _listeners.ToArray())
                {
                    isWell &= Tell(listener, change);
                }
            }

            patience = isWell ? Timeout.InfiniteTimeSpan : _secondTry;
            while (_work.TryDequeue(out var work))
            {
                work();
            }
        }

        while (_work.TryDequeue(out var work))
        {
            work();
        }
    }

    private bool Tell(Action<RouteNetlink, NetworkChange> listener, NetworkChange change)
    {
        try
        {
            listener(_netlink, change);
            return true;
        }
        catch (Exception exception) when (exception is OverlayException or IOException)
        {
            Log.CannotRead(_logger, exception.Message);
            return false;
        }
    }

    private NetworkChange Drain()
    {
        var change = new NetworkChange();
        while (true)
        {
            switch (_socket.Receive(_buffer))
            {
                case NetlinkReceipt.Nothing:
                    return change;
                case NetlinkReceipt.Overrun or NetlinkReceipt.Truncated:
                    change.IsEverything = true;
                    continue;
            }

            foreach (var message in _buffer.Messages)
            {
                Read(message, change);
            }
        }
    }

    private static void Read(NetlinkMessage message, NetworkChange change)
    {
        if (LinkMessage.TryRead(message, out var link))
        {
            change.Add(link.Index, Encoding.UTF8.GetString(link.Name));
        }
        else if (AddressMessage.TryRead(message, out var address))
        {
            change.Add(address.Link);
        }
        else if (RouteMessage.TryRead(message, out var route))
        {
            // A route through a gateway says nothing about what is on the link. Those of the peers, thousands at times, are of that kind.
            if (route.Gateway.IsNone && route is { Link: not 0, Table: RouteMessage.MainTable })
            {
                change.Add(route.Link);
            }
        }
        else if (message.Type == SettingsMessage)
        {
            change.HasSettings = true;
        }
    }

    // A kernel without IPv6, or before 3.8, has no such group; then settings are only looked at together with links.
    private void TryJoin(uint group)
    {
        try
        {
            _socket.Join(group);
        }
        catch (NetlinkException)
        {
            // As said.
        }
    }

    private sealed class Subscription(NetworkWatch watch, Action<RouteNetlink, NetworkChange> listener) : IDisposable
    {
        public void Dispose()
        {
            // A watch that has ended tells nobody anything any more.
            watch.TryPost(() => watch._listeners.Remove(listener));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Underlay + 0, LogLevel.Warning, "A change of the host's interfaces could not be read and is looked at again: {Reason}")]
        public static partial void CannotRead(ILogger logger, string reason);
    }
}
