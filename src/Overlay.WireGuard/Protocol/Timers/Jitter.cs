namespace Overlay.WireGuard.Protocol.Timers;

/// <summary>Delays of up to <see cref="ProtocolLimits.MaximumJitter"/>, drawn from one <see cref="Random"/> by any thread.</summary>
internal sealed class Jitter(Random random)
{
    private readonly Lock _gate = new();

    public TimeSpan Next()
    {
        lock (_gate)
        {
            return ProtocolLimits.MaximumJitter * random.NextDouble();
        }
    }
}
