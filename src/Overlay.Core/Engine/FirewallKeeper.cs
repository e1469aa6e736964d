using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Engine;

/// <summary>Hands the firewall its rules, again when they change and until it takes them.</summary>
internal sealed partial class FirewallKeeper(EngineParts parts, EngineSession session)
{
    private readonly TaskCompletionSource _inPlace = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _refusal = "rules are not set yet";

    /// <summary>Completes when the rules were in place for the first time.</summary>
    public Task InPlace => _inPlace.Task;

    /// <summary>What is wrong now; an empty text when the rules are in place.</summary>
    public string Fault => parts.Firewall is null ? "" : _refusal ?? parts.Firewall.Fault.Current;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (parts.Firewall is not { } firewall)
        {
            _inPlace.TrySetResult();
            return;
        }

        var delay = new RetryDelay(parts.Clock);
        while (true)
        {
            var (own, configuration) = (session.Own.Current, session.Configuration.Current);
            try
            {
                await firewall.ApplyAsync(NodeFirewallRules.For(parts.Options, own, configuration), cancellationToken);
                _refusal = null;
                delay.Reset();
                _inPlace.TrySetResult();
                await Watching.EitherAsync(
                    ending => session.Own.UntilAsync(lease => lease.Subnets != own.Subnets, ending),
                    ending => session.Configuration.UntilAsync(other => other != configuration, ending),
                    cancellationToken);
            }
            catch (OverlayException exception)
            {
                _refusal = exception.Message;
                Log.Refused(parts.Logger, exception.Message);
                await delay.WaitAsync(cancellationToken);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Engine + 30, LogLevel.Error, "The firewall rules are not in place: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
