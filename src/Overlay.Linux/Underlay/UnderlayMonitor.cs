using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Underlay;

using Underlay = Core.Backends.Underlay;

/// <summary>Keeps a description of the chosen interface true.</summary>
internal sealed partial class UnderlayMonitor
{
    private readonly UnderlayFollower _follower;
    private readonly ILogger _logger;

    private UnderlayMonitor(UnderlayFollower follower, Underlay first, ILogger logger)
    {
        _follower = follower;
        _logger = logger;
        Current = new Live<Underlay>(first);
    }

    /// <summary>The description.</summary>
    public Live<Underlay> Current { get; }

    /// <summary>Describes the interface and follows it until the watch ends. To be called on the watch's thread, so that nothing is missed between.</summary>
    public static UnderlayMonitor Start(NetworkWatch watch, RouteNetlink netlink, UnderlayChoice choice, UnderlayFollower follower, ILogger logger)
    {
        var first = follower.Begin(choice, HostReader.ReadOnLink(netlink, choice.Interface.Index));
        var monitor = new UnderlayMonitor(follower, first, logger);
        watch.Listen(monitor.Look);
        return monitor;
    }

    private void Look(RouteNetlink netlink, NetworkChange change)
    {
        var before = Current.Current;
        if (!change.Concerns(before.InterfaceIndex, before.InterfaceName))
        {
            return;
        }

        var now = HostReader.ReadInterface(netlink, before.InterfaceIndex, before.InterfaceName);
        var after = _follower.Follow(before, now, now is null ? [] : HostReader.ReadOnLink(netlink, now.Index));
        if (after.Equals(before))
        {
            return;
        }

        Report(before, after);
        Current.Set(after);
    }

    private void Report(Underlay before, Underlay after)
    {
        if (after.Fault is not null && after.Fault != before.Fault)
        {
            Log.Faulty(_logger, after.Fault);
        }
        else if (after.Fault is null && before.Fault is not null)
        {
            Log.Well(_logger, after.InterfaceName);
        }

        if (after.InterfaceName != before.InterfaceName || after.Mtu != before.Mtu || after.Addresses != before.Addresses)
        {
            Log.Changed(_logger, after.InterfaceName, after.Mtu, after.Addresses, after.PublicAddresses);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Underlay + 10, LogLevel.Warning, "The interface between nodes does not work: {Fault}")]
        public static partial void Faulty(ILogger logger, string fault);

        [LoggerMessage(EventIds.Underlay + 11, LogLevel.Information, "The interface between nodes, {Interface}, works again")]
        public static partial void Well(ILogger logger, string @interface);

        [LoggerMessage(EventIds.Underlay + 12, LogLevel.Information, "The interface between nodes is now {Interface} with MTU {Mtu}, address {Address}, public address {PublicAddress}")]
        public static partial void Changed(ILogger logger, string @interface, int mtu, Overlay.Core.Addressing.AddressPair address, Overlay.Core.Addressing.AddressPair publicAddress);
    }
}
