namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>What the staged packets of all peers share: the bytes that they may hold together, and a count of those that waited in vain.</summary>
internal sealed class StagingBudget(long bytes = StagingBudget.DefaultBytes)
{
    public const long DefaultBytes = 16 << 20;

    private long _left = bytes;
    private long _dropped;

    public bool TryTake(int count)
    {
        if (Interlocked.Add(ref _left, -count) >= 0)
        {
            return true;
        }

        Return(count);
        return false;
    }

    /// <summary>Packets of all peers, of those that were removed too, that waited in vain.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public void CountDropped() => Interlocked.Increment(ref _dropped);

    public void Return(int count) => Interlocked.Add(ref _left, count);
}
