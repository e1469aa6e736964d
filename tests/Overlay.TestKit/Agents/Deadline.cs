using System.Diagnostics;

namespace Overlay.TestKit.Agents;

/// <summary>Waits for something in another process, which cannot announce it.</summary>
public static class Deadline
{
    /// <summary>Looks again and again until <paramref name="isMet"/>; gives how long that took.</summary>
    /// <exception cref="TimeoutException">It was not met in time; <paramref name="explain"/> says how things stand.</exception>
    public static async Task<TimeSpan> UntilAsync(Func<bool> isMet, Func<string> explain, CancellationToken cancellationToken, double seconds = 20, int everyMilliseconds = 5)
    {
        ArgumentNullException.ThrowIfNull(isMet);
        ArgumentNullException.ThrowIfNull(explain);
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(everyMilliseconds));
        while (!isMet())
        {
            if (watch.Elapsed.TotalSeconds > seconds)
            {
                throw new TimeoutException($"Not within {seconds} s: {explain()}");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return watch.Elapsed;
    }
}
