namespace Overlay.Etcd;

/// <summary>The ids of our etcd leases. The client may choose them, so an id tells when its lease ends; a listing shows each key's lease id, and needs no
/// further question for each key.
/// <code>
///   bit 62        30 29        12 11      0
///   | seconds, UTC  | random     | check   |
/// </code></summary>
internal static class EtcdLeaseId
{
    private const int RandomBits = 18;
    private const int CheckBits = 12;

    // 2^33 seconds after 1970, in the year 2242.
    private const long Latest = (1L << 33) - 1;

    /// <summary>Makes an id for a lease that ends at a whole second.</summary>
    public static long Create(DateTimeOffset expires, Random random)
    {
        var body = (Math.Min(expires.ToUnixTimeSeconds(), Latest) << RandomBits) | (long)random.Next(1 << RandomBits);
        return (body << CheckBits) | Check(body);
    }

    /// <summary>When a lease ends; <see langword="null"/> when its id was not made here. Etcd's own ids look like one of ours once in 4096 times, and
    /// nothing but a date in a status page hangs on that.</summary>
    public static DateTimeOffset? ReadExpiry(long id)
    {
        var body = id >>> CheckBits;
        return id > 0 && (id & ((1L << CheckBits) - 1)) == Check(body) ? DateTimeOffset.FromUnixTimeSeconds(body >>> RandomBits) : null;
    }

    // Fibonacci hashing: the upper bits of the product depend on all bits of the factor.
    private static long Check(long body) => (long)(((ulong)body * 0x9E37_79B9_7F4A_7C15) >> (64 - CheckBits));
}
