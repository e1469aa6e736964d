namespace Overlay.Core.Engine;

/// <summary>The pause before the next try: one second, doubling up to half a minute.</summary>
internal sealed class RetryDelay(TimeProvider clock)
{
    private static readonly TimeSpan _first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);
    private TimeSpan _next = _first;

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var pause = _next;
        _next = pause * 2 < _longest ? pause * 2 : _longest;
        await Task.Delay(pause, clock, cancellationToken);
    }

    public void Reset() => _next = _first;
}
