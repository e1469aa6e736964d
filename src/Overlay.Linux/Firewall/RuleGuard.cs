using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Firewall;

/// <summary>Looks after applied rules until it is disposed, which leaves them as they are.</summary>
internal sealed partial class RuleGuard : IAsyncDisposable
{
    // A storm of changes near our rules costs twenty looks a second at most.
    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _longestRetry = TimeSpan.FromSeconds(30);

    private readonly IRuleKeeper _keeper;
    private readonly IRulesetWatch _watch;
    private readonly TimeSpan _period;
    private readonly Action<string> _report;
    private readonly OverlayMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly RepairBudget _budget;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <summary>Begins.</summary>
    /// <param name="keeper">Whose rules.</param>
    /// <param name="watch">Tells of changes; owned from now on.</param>
    /// <param name="period">How often to look when nothing is told.</param>
    /// <param name="report">Told what is wrong, or an empty text, at each look.</param>
    /// <param name="metrics">Where repairs are counted.</param>
    /// <param name="clock">Measures the pauses.</param>
    /// <param name="logger">Where repairs are logged.</param>
    public RuleGuard(
        IRuleKeeper keeper, IRulesetWatch watch, TimeSpan period, Action<string> report, OverlayMetrics metrics, TimeProvider clock, ILogger logger)
    {
        (_keeper, _watch, _period, _report, _metrics, _clock, _logger) = (keeper, watch, period, report, metrics, clock, logger);
        _budget = new(clock);
        _loop = RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _watch.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (true)
        {
            var began = _clock.GetTimestamp();
            try
            {
                if (await _keeper.IsIntactAsync(cancellationToken))
                {
                    failures = 0;
                    _report("");
                    await _watch.WaitAsync(_period, cancellationToken);
                    await PauseAsync(_shortest - _clock.GetElapsedTime(began), cancellationToken);
                }
                else if (_budget.Take() is { Ticks: > 0 } wait)
                {
                    _report($"Another program keeps changing the firewall rules; they are put back in {wait.TotalSeconds:0.#} s.");
                    Log.Fighting(_logger, wait);
                    await PauseAsync(wait, cancellationToken);
                }
                else
                {
                    await _keeper.RepairAsync(cancellationToken);
                    _metrics.Repaired("firewall");
                    Log.Repaired(_logger);
                }
            }
            catch (FirewallException exception)
            {
                var wait = TimeSpan.FromSeconds(Math.Min(_longestRetry.TotalSeconds, 1 << Math.Min(failures++, 5)));
                _report(exception.Message);
                Log.Failed(_logger, exception.Message, wait);
                await PauseAsync(wait, cancellationToken);
            }
        }
    }

    private Task PauseAsync(TimeSpan time, CancellationToken cancellationToken) =>
        time > TimeSpan.Zero ? Task.Delay(time, _clock, cancellationToken) : Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(EventIds.Firewall + 3, LogLevel.Information, "Firewall rules had been changed by another program and were put back")]
        public static partial void Repaired(ILogger logger);

        [LoggerMessage(EventIds.Firewall + 4, LogLevel.Warning, "Another program keeps changing the firewall rules; the next repair is in {Wait}")]
        public static partial void Fighting(ILogger logger, TimeSpan wait);

        [LoggerMessage(EventIds.Firewall + 5, LogLevel.Error, "Firewall rules are not in place: {Reason} The next attempt is in {Wait}")]
        public static partial void Failed(ILogger logger, string reason, TimeSpan wait);
    }
}
