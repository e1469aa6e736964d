using Microsoft.Extensions.Logging;

using Overlay.Core.Diagnostics;
using Overlay.Linux.Interop;
using Overlay.Linux.Netlink;

namespace Overlay.WireGuard.Device;

/// <summary>Follows the interface by the kernel's announcements, also into another network namespace, and tells of routes that change in the one that the
/// sockets are in. One thread, started in that namespace.</summary>
internal sealed partial class LinkFollower : IDisposable
{
    // How often a failed reading, or whoever listens, is tried again.
    private static readonly TimeSpan _secondTry = TimeSpan.FromSeconds(1);

    private readonly TunQueue _tun;
    private readonly ILinkListener _listener;
    private readonly ILogger _logger;
    private readonly NetlinkSocket _routes = NetlinkSocket.Open(NetlinkProtocol.Route);
    private readonly NetlinkBuffer _buffer = new();
    private readonly EventDescriptor _stop = new();
    private readonly Thread _thread;
    private LinkPlace _place;
    private volatile bool _isStopping;

    /// <summary>Reads how the interface stands, and starts to follow it.</summary>
    /// <exception cref="NetlinkException">It cannot be read.</exception>
    public LinkFollower(TunQueue tun, ILinkListener listener, string name, ILogger logger)
    {
        (_tun, _listener, _logger) = (tun, listener, logger);
        _place = LinkPlace.Find(tun) ?? throw new NetlinkException("get link", Uapi.ENODEV);
        _routes.Join(RouteGroup.IPv4Route);
        _routes.Join(RouteGroup.IPv6Route);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public void Dispose()
    {
        _isStopping = true;
        _stop.Raise();
        _thread.Join();
        _place.Dispose();
        _routes.Dispose();
        _buffer.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        var isWell = false;
        while (!_isStopping)
        {
            var ready = DescriptorPoll.Wait(isWell ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, _stop.Handle, _place.Events.Handle, _routes.Handle);
            if (Drain(_routes))
            {
                _listener.RoutesChanged();
            }

            if (!isWell || (ready & 2) != 0)
            {
                isWell = TryFollow();
                if (!isWell && !_isStopping)
                {
                    DescriptorPoll.Wait(_stop.Handle, _secondTry);
                }
            }
        }
    }

    /// <summary>Looks where the interface is and how it stands, if it was announced to have changed.</summary>
    private bool TryFollow()
    {
        try
        {
            Drain(_place.Events);
            if (_place.Read() is { } link)
            {
                return _listener.LinkChanged(link);
            }

            if (LinkPlace.Find(_tun) is not { } place)
            {
                _listener.LinkGone();
                return true;
            }

            _place.Dispose();
            _place = place;
            Log.Moved(_logger, place.Name);
            return _listener.LinkChanged(place.Read()!);
        }
        catch (Exception exception) when (exception is OverlayException or System.ComponentModel.Win32Exception)
        {
            Log.CannotRead(_logger, exception.Message);
            return false;
        }
    }

    /// <summary>Takes all that was announced; says whether there was anything. What it says is read anew.</summary>
    private bool Drain(NetlinkSocket socket)
    {
        var found = false;
        while (socket.Receive(_buffer) != NetlinkReceipt.Nothing)
        {
            found = true;
        }

        return found;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.WireGuardDevice + 20, LogLevel.Warning, "The interface cannot be read and is looked at again: {Reason}")]
        public static partial void CannotRead(ILogger logger, string reason);

        [LoggerMessage(EventIds.WireGuardDevice + 21, LogLevel.Information, "{Name} has moved to another network namespace, and is followed there")]
        public static partial void Moved(ILogger logger, string name);
    }
}
