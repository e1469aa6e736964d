using Overlay.Cni.Protocol;

namespace Overlay.Cni.Configuration;

/// <summary>How fast a workload may receive and send, from <c>runtimeConfig.bandwidth</c>: bits in a second and bits, as the plugin <c>bandwidth</c> has them.</summary>
/// <param name="Incoming">What the workload receives (ingress).</param>
/// <param name="Outgoing">What it sends (egress).</param>
internal sealed record BandwidthLimits(RateLimit? Incoming, RateLimit? Outgoing)
{
    /// <summary>Whether there is no limit.</summary>
    public bool IsEmpty => Incoming is null && Outgoing is null;

    /// <exception cref="CniException">A rate or a burst cannot be used.</exception>
    public static BandwidthLimits Read(NetworkDefinition network)
    {
        var value = network.RuntimeConfig.Member("bandwidth");
        return new BandwidthLimits(ReadLimit(value, "ingress"), ReadLimit(value, "egress"));
    }

    private static RateLimit? ReadLimit(JsonValue value, string direction)
    {
        // The kernel counts the burst in bytes, in 32 bits.
        const long LargestBurst = uint.MaxValue * 8L;
        var rate = value.Member(direction + "Rate");
        var burst = value.Member(direction + "Burst");
        var (bits, burstBits) = (rate.Number(0, 0, long.MaxValue), burst.Number(0, 0, LargestBurst));
        if (bits == 0)
        {
            return burstBits == 0 ? null : throw rate.Wrong($"at least 8 bits in a second while there is a {direction}Burst");
        }

        return bits < 8 ? throw rate.Wrong("at least 8 bits in a second")
            : burstBits < 8 ? throw burst.Wrong($"at least 8 bits while there is a {direction}Rate")
            : new RateLimit((ulong)bits / 8, (uint)(burstBits / 8));
    }
}

/// <summary>A rate with what may exceed it for a moment.</summary>
/// <param name="BytesPerSecond">The rate.</param>
/// <param name="BurstBytes">What may be sent at once after a pause.</param>
internal sealed record RateLimit(ulong BytesPerSecond, uint BurstBytes)
{
    /// <summary>What may wait: 25 milliseconds of the rate, and the burst.</summary>
    public uint WaitingBytes => (uint)Math.Min(uint.MaxValue, (BytesPerSecond / 40) + BurstBytes);
}
