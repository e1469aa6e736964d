namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>Drops by cause. Safe for several threads.</summary>
internal sealed class DropCounters
{
    private static readonly int _causes = Enum.GetValues<DropCause>().Length;

    private readonly long[] _counts = new long[_causes];

    public long this[DropCause cause] => Interlocked.Read(ref _counts[(int)cause]);

    public long Total => Enum.GetValues<DropCause>().Sum(cause => this[cause]);

    public void Count(DropCause cause, int packets = 1)
    {
        if (cause != DropCause.None)
        {
            Interlocked.Add(ref _counts[(int)cause], packets);
        }
    }
}
