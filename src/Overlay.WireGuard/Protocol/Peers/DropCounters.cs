namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>Drops by cause. Safe for several threads.</summary>
/// <param name="whole">Counts them too: a peer's drops are its device's.</param>
internal sealed class DropCounters(DropCounters? whole = null)
{
    private static readonly int _causes = Enum.GetValues<DropCause>().Length;

    // Made by the first drop: most peers have none.
    private long[]? _counts;

    public long this[DropCause cause] => Volatile.Read(ref _counts) is { } counts ? Interlocked.Read(ref counts[(int)cause]) : 0;

    public long Total => Enum.GetValues<DropCause>().Sum(cause => this[cause]);

    public void Count(DropCause cause, int packets = 1)
    {
        if (cause != DropCause.None)
        {
            Interlocked.Add(ref (Volatile.Read(ref _counts) ?? Make())[(int)cause], packets);
            whole?.Count(cause, packets);
        }
    }

    private long[] Make() => Interlocked.CompareExchange(ref _counts, new long[_causes], null) ?? _counts;
}
