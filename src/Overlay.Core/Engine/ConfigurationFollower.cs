using Microsoft.Extensions.Logging;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Engine;

/// <summary>Follows the network's configuration. The firewall mode and the range of subnets apply while the agent runs; Network and Backend, which
/// decide the own lease and the device, need a restart, and the log says so.</summary>
internal sealed partial class ConfigurationFollower(EngineParts parts, EngineSession session)
{
    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var delay = new RetryDelay(parts.Clock);
        while (true)
        {
            try
            {
                await foreach (var configuration in parts.Leases.WatchConfigurationAsync(cancellationToken))
                {
                    Take(configuration);
                    delay.Reset();
                }
            }
            catch (OverlayException exception)
            {
                Log.Unusable(parts.Logger, exception.Message);
            }

            await delay.WaitAsync(cancellationToken);
        }
    }

    private void Take(NetworkConfiguration wanted)
    {
        var current = session.Configuration.Current;
        var applied = current with { EnableNFTables = wanted.EnableNFTables, IPv4Subnets = wanted.IPv4Subnets, IPv6Subnets = wanted.IPv6Subnets };
        if (wanted.Network != current.Network)
        {
            applied = current with { EnableNFTables = wanted.EnableNFTables };
            Log.NeedsRestart(parts.Logger, "Network", current.Network.ToString(), wanted.Network.ToString());
        }

        if (wanted.Backend != current.Backend)
        {
            Log.NeedsRestart(parts.Logger, "Backend", current.Backend.Type, wanted.Backend.Type);
        }

        if (applied != current)
        {
            session.Configuration.Set(applied);
            Log.Applied(parts.Logger, applied.EnableNFTables, applied.IPv4Subnets, applied.IPv6Subnets);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Engine + 50, LogLevel.Warning, "The network configuration cannot be used; the one before stays in force: {Reason}")]
        public static partial void Unusable(ILogger logger, string reason);

        [LoggerMessage(EventIds.Engine + 51, LogLevel.Warning, "{Key} has changed in the network configuration (from {Current} to {Wanted}); it applies when this agent is started again")]
        public static partial void NeedsRestart(ILogger logger, string key, string current, string wanted);

        [LoggerMessage(EventIds.Engine + 52, LogLevel.Information, "Applied the changed network configuration: nftables {UseNFTables}, subnets {IPv4Subnets} {IPv6Subnets}")]
        public static partial void Applied(ILogger logger, bool useNFTables, SubnetRange? ipv4Subnets, SubnetRange? ipv6Subnets);
    }
}
