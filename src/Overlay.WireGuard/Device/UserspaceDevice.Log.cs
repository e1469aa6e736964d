using Microsoft.Extensions.Logging;

using Overlay.Core.Diagnostics;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device;

public sealed partial class UserspaceDevice
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.WireGuardDevice + 0, LogLevel.Information, "Opened {Name} with {Queues} queue(s); packets are sealed by {Aead} ({Reason})")]
        public static partial void Opened(ILogger logger, string name, int queues, string aead, string reason);

        [LoggerMessage(EventIds.WireGuardDevice + 1, LogLevel.Information, "Closed {Name}")]
        public static partial void Closed(ILogger logger, string name);

        [LoggerMessage(EventIds.WireGuardDevice + 2, LogLevel.Warning, "{Name} is up but cannot listen, and tries again: {Reason}")]
        public static partial void CannotStart(ILogger logger, string name, string reason);

        [LoggerMessage(EventIds.WireGuardDevice + 3, LogLevel.Debug, "{Name}: peer {Peer} did not answer for 90 seconds; what waited for it is dropped")]
        public static partial void GaveUp(ILogger logger, string name, Peer peer);

        [LoggerMessage(EventIds.WireGuardDevice + 4, LogLevel.Warning, "{Name}: the kernel cannot pass {Protocols} packets longer than the MTU to and from a TUN device; they are carried one by one, slower")]
        public static partial void WithoutOffload(ILogger logger, string name, string protocols);
    }
}
