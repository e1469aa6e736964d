using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Kubernetes.Access;

/// <summary>Outlives failures of the API server: counts them, says each reason once, and waits longer from time to time, and not as long as others.</summary>
internal sealed partial class Patience(TimeProvider clock, Random random, OverlayMetrics metrics, ILogger<Patience> logger)
{
    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(250);

    // A server that comes back is noticed within this time; peers that changed meanwhile wait for it.
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(1);

    // A server that is there, and asks to be left alone, is left alone for longer.
    private static readonly TimeSpan _longestAsked = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Reason, int Failures)> _waiting = new(StringComparer.Ordinal);

    /// <summary>The clock of all waits.</summary>
    public TimeProvider Clock => clock;

    /// <summary>What is waited for now, in one line; <see langword="null"/> for nothing.</summary>
    public string? WaitingFor
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count == 0 ? null : string.Join("; ", _waiting.Values.Select(waiting => waiting.Reason).Distinct());
            }
        }
    }

    /// <summary>Does something until it succeeds.</summary>
    /// <param name="operation">What it is: <c>read</c>, <c>write</c>, <c>watch</c>.</param>
    /// <param name="call">Tries it once.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async ValueTask<T> InsistAsync<T>(string operation, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var result = await call(cancellationToken);
                Recovered(operation);
                return result;
            }
            catch (KubernetesException exception)
            {
                await OutliveAsync(operation, exception, cancellationToken);
            }
        }
    }

    /// <summary>Takes note of a failure and waits before the next try.</summary>
    public Task OutliveAsync(string operation, KubernetesException failure, CancellationToken cancellationToken)
    {
        metrics.StoreFailed(operation);
        var failures = Note(operation, failure.Message, out _);
        var most = Math.Min(_longest.TotalMilliseconds, _shortest.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 16)));
        var wait = TimeSpan.FromMilliseconds(most * (0.5 + (Draw() / 2)));
        return Task.Delay(failure.RetryAfter is { } asked && asked > wait ? Min(asked, _longestAsked) : wait, clock, cancellationToken);
    }

    /// <summary>Says what is waited for without a failure; the same reason is said once.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Await(string operation, string reason)
    {
        Note(operation, reason, out var isNew);
        return isNew;
    }

    /// <summary>Says that the operation works again.</summary>
    public void Recovered(string operation)
    {
        lock (_lock)
        {
            if (!_waiting.Remove(operation))
            {
                return;
            }
        }

        Log.Recovered(logger, operation);
    }

    /// <summary>A number of at least 0 and below 1.</summary>
    public double Draw()
    {
        lock (_lock)
        {
            return random.NextDouble();
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private int Note(string operation, string reason, out bool isNew)
    {
        int failures;
        lock (_lock)
        {
            var before = _waiting.GetValueOrDefault(operation);
            isNew = before.Reason != reason;
            failures = before.Reason is null ? 0 : before.Failures + 1;
            _waiting[operation] = (reason, failures);
        }

        if (isNew)
        {
            Log.Waiting(logger, operation, reason);
        }

        return failures;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Kubernetes + 10, LogLevel.Warning, "Waiting ({Operation}): {Reason}")]
        public static partial void Waiting(ILogger logger, string operation, string reason);

        [LoggerMessage(EventIds.Kubernetes + 11, LogLevel.Information, "Waiting is over ({Operation})")]
        public static partial void Recovered(ILogger logger, string operation);
    }
}
