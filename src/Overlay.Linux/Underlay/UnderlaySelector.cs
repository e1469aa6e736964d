using Microsoft.Extensions.Logging;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Underlay;

using Underlay = Core.Backends.Underlay;

/// <summary>Chooses the interface between nodes over netlink, and follows it.</summary>
internal sealed partial class UnderlaySelector(NetworkWatch watch, ILogger<UnderlaySelector> logger) : IUnderlaySelector
{
    public async ValueTask<Live<Underlay>> SelectAsync(UnderlaySelection selection, AddressFamilies families, CancellationToken cancellationToken)
    {
        var current = await watch.RunAsync(netlink =>
        {
            var choice = UnderlayChooser.Choose(HostReader.ReadHost(netlink), selection, families);
            var monitor = UnderlayMonitor.Start(watch, netlink, choice, new UnderlayFollower(selection, families), logger);
            var chosen = monitor.Current.Current;
            Log.Chosen(logger, chosen.InterfaceName, choice.Reason, chosen.Mtu, chosen.Addresses, chosen.PublicAddresses);
            return monitor.Current;
        }).WaitAsync(cancellationToken);
        return current;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Underlay + 20, LogLevel.Information, "Chose the interface {Interface} ({Reason}) with MTU {Mtu}, address {Address}, public address {PublicAddress}")]
        public static partial void Chosen(ILogger logger, string @interface, string reason, int mtu, AddressPair address, AddressPair publicAddress);
    }
}
