using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>Handshakes per source under load: 20 in a second, five at once. A source is an IPv4 address or an IPv6 /64, since one host owns
/// that many addresses. The memory is bounded: when the table is full, new sources wait until old ones are forgotten, after one second of silence.</summary>
internal sealed class SourceRateLimiter(int capacity = SourceRateLimiter.DefaultCapacity)
{
    public const int DefaultCapacity = 8192;

    private static readonly TimeSpan _cost = TimeSpan.FromSeconds(1.0 / 20);
    private static readonly TimeSpan _burst = _cost * 5;
    private static readonly TimeSpan _forgetAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<InetAddress, Bucket> _buckets = [];
    private TimeSpan _nextCleaning;

    public int Count => _buckets.Count;

    /// <summary>Takes one handshake from the source's allowance.</summary>
    public bool TryTake(InetAddress source, TimeSpan now)
    {
        var key = source.IsIPv6 ? InetAddress.FromIPv6(source.Value >> 64 << 64) : source;
        lock (_gate)
        {
            Forget(now);
            if (!_buckets.TryGetValue(key, out var bucket))
            {
                if (_buckets.Count >= capacity)
                {
                    return false;
                }

                bucket = new Bucket(_burst, now);
            }

            var tokens = bucket.Tokens + (now - bucket.Last);
            tokens = tokens > _burst ? _burst : tokens;
            var isAllowed = tokens >= _cost;
            _buckets[key] = new Bucket(isAllowed ? tokens - _cost : tokens, now);
            return isAllowed;
        }
    }

    private void Forget(TimeSpan now)
    {
        if (now < _nextCleaning)
        {
            return;
        }

        _nextCleaning = now + _forgetAfter;
        foreach (var (key, bucket) in _buckets)
        {
            if (now - bucket.Last > _forgetAfter)
            {
                _buckets.Remove(key); // Allowed while enumerating; only additions are not.
            }
        }
    }

    private readonly record struct Bucket(TimeSpan Tokens, TimeSpan Last);
}
