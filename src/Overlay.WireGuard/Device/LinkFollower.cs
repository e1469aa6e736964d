using Microsoft.Extensions.Logging;

using Overlay.Core.Diagnostics;
using Overlay.Linux.Interop;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.WireGuard.Device;

/// <summary>Follows the interface by the kernel's announcements, also into another network namespace, and tells of routes that change in the one that the
/// sockets are in. One thread; made in that namespace.</summary>
internal sealed partial class LinkFollower : IDisposable
{
    // How often a failed reading, or whoever listens, is tried again.
    private static readonly TimeSpan _secondTry = TimeSpan.FromSeconds(1);

    private readonly LinkPlace _place;
    private readonly ILinkListener _listener;
    private readonly ILogger _logger;
    private readonly NetlinkSocket _links = NetlinkSocket.Open(NetlinkProtocol.Route);
    private readonly NetlinkSocket _routes = NetlinkSocket.Open(NetlinkProtocol.Route);
    private readonly NetlinkBuffer _buffer = new();
    private readonly EventDescriptor _stop = new();
    private readonly Thread _thread;
    private volatile bool _isStopping;

    /// <summary>Nothing is told before <see cref="Start"/>. The place belongs to this from here on.</summary>
    /// <exception cref="NetlinkException">The kernel does not announce.</exception>
    public LinkFollower(LinkPlace place, ILinkListener listener, string name, ILogger logger)
    {
        (_place, _listener, _logger) = (place, listener, logger);
        _links.Join(RouteGroup.Link);
        _links.ListenEverywhere();
        _routes.Join(RouteGroup.IPv4Route);
        _routes.Join(RouteGroup.IPv6Route);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>Tells how the interface stands, and follows it.</summary>
    public void Start() => _thread.Start();

    public void Dispose()
    {
        _isStopping = true;
        _stop.Raise();
        _thread.Join();
        _place.Dispose();
        _links.Dispose();
        _routes.Dispose();
        _buffer.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        var isWell = false;
        while (!_isStopping)
        {
            if (!isWell)
            {
                isWell = TryFollow();
            }

            DescriptorPoll.Wait(isWell ? Timeout.InfiniteTimeSpan : _secondTry, _stop.Handle, _links.Handle, _routes.Handle);
            isWell = false;
        }
    }

    /// <summary>Looks where the interface is and how it stands, after something was announced.</summary>
    private bool TryFollow()
    {
        try
        {
            if (Drain(_routes))
            {
                _listener.RoutesChanged();
            }

            Drain(_links);
            var before = _place.Name;
            var link = _place.Read();
            if (link is null)
            {
                _listener.LinkGone();
                return true;
            }

            if (before is not null && before != _place.Name)
            {
                Log.Moved(_logger, link.Name);
            }

            return _listener.LinkChanged(link);
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
        [LoggerMessage(EventIds.WireGuardDevice + 20, LogLevel.Debug, "The interface cannot be read and is looked at again: {Reason}")]
        public static partial void CannotRead(ILogger logger, string reason);

        [LoggerMessage(EventIds.WireGuardDevice + 21, LogLevel.Information, "{Name} has moved to another network namespace, and is followed there")]
        public static partial void Moved(ILogger logger, string name);
    }
}
