namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>What the staged packets of all peers share: the bytes that they may hold together.</summary>
internal sealed class StagingBudget(long bytes = StagingBudget.DefaultBytes)
{
    public const long DefaultBytes = 16 << 20;

    private long _left = bytes;

    public bool TryTake(int count)
    {
        if (Interlocked.Add(ref _left, -count) >= 0)
        {
            return true;
        }

        Return(count);
        return false;
    }

    public void Return(int count) => Interlocked.Add(ref _left, count);
}
