namespace Overlay.Linux.Firewall;

/// <summary>Knows of no change: only time passes.</summary>
internal sealed class TimerWatch(TimeProvider clock) : IRulesetWatch
{
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => Task.Delay(atMost, clock, cancellationToken);

    public void Dispose()
    {
    }
}
