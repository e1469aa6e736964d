namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>Says whether handshakes arrive faster than they are worked off: the queue is an eighth full, or was within the last second.</summary>
internal sealed class LoadGauge(int queueCapacity)
{
    private static readonly TimeSpan _hold = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TimeSpan? _until;

    public bool IsUnderLoad(int queued, TimeSpan now)
    {
        lock (_gate)
        {
            if (queued >= queueCapacity / 8)
            {
                _until = now + _hold;
            }

            return _until is { } until && now < until;
        }
    }
}
