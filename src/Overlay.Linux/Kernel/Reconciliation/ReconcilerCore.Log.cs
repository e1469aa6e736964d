using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Kernel;

/// <content>What a person would want to know.</content>
internal sealed partial class ReconcilerCore
{
    private const int OverrunSilenceMilliseconds = 10_000;

    private long? _overrunLogged;

    // In a storm of changes it happens many times a second.
    private void LogOverrun()
    {
        if (!(_agenda.Now - _overrunLogged < OverrunSilenceMilliseconds))
        {
            _overrunLogged = _agenda.Now;
            Log.Overrun(_logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Kernel + 0, LogLevel.Information, "Put back {Count} {Table} entries that others had changed or removed")]
        public static partial void Repaired(ILogger logger, int count, string table);

        [LoggerMessage(EventIds.Kernel + 1, LogLevel.Information, "Removing {Count} {Table} entries of this network that nobody wants")]
        public static partial void Removed(ILogger logger, int count, string table);

        [LoggerMessage(EventIds.Kernel + 2, LogLevel.Warning, "The kernel refused \"{Entry}\": {Error}. Trying again, more and more rarely")]
        public static partial void Refused(ILogger logger, KernelEntry entry, string error);

        [LoggerMessage(EventIds.Kernel + 3, LogLevel.Warning, "The kernel did not remove \"{Entry}\": {Error}. Trying again, more and more rarely")]
        public static partial void NotRemoved(ILogger logger, KernelEntry entry, string error);

        [LoggerMessage(EventIds.Kernel + 5, LogLevel.Warning, "Found \"{Seen}\" where \"{Wanted}\" is wanted; changing it, or making it anew where the kernel cannot")]
        public static partial void Changing(ILogger logger, KernelEntry seen, KernelEntry wanted);

        [LoggerMessage(EventIds.Kernel + 4, LogLevel.Warning, "The kernel changed faster than could be followed; reading everything again")]
        public static partial void Overrun(ILogger logger);
    }
}
