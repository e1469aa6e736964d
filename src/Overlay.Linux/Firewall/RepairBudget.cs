namespace Overlay.Linux.Firewall;

/// <summary>Bounds how often rules are put back when another program keeps taking them away: a number of times at once, then once in a
/// period. Neither program wins such a fight, but it costs the node little.</summary>
internal sealed class RepairBudget(TimeProvider clock)
{
    private const int Burst = 20;
    private static readonly TimeSpan _refill = TimeSpan.FromSeconds(3);
    private DateTimeOffset _full = DateTimeOffset.MinValue;

    /// <summary>Takes one repair, or says how long to wait for it.</summary>
    public TimeSpan Take()
    {
        var now = clock.GetUtcNow();
        // The moment at which everything would be refilled stands for the number of repairs taken.
        var full = (_full < now ? now : _full) + _refill;
        var wait = full - now - (Burst * _refill);
        if (wait <= TimeSpan.Zero)
        {
            _full = full;
        }

        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}
