using System.Net;

using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Control;

/// <summary>What is to become different about one peer. A peer that is not there is added. A property that is <see langword="null"/> leaves things as
/// they are.</summary>
/// <param name="publicKey">The peer's name.</param>
public sealed class WireGuardPeerChange(PublicKey publicKey)
{
    private static readonly TimeSpan _longestInterval = TimeSpan.FromSeconds(ushort.MaxValue);

    /// <summary>The peer's name.</summary>
    public PublicKey PublicKey => publicKey;

    /// <summary>Whether the peer goes; the rest is not looked at then.</summary>
    public bool Remove { get; init; }

    /// <summary>Whether nothing happens when there is no such peer.</summary>
    public bool UpdateOnly { get; init; }

    /// <summary>A further secret of the two; the caller keeps it and may dispose of it after the call. See <see cref="RemovePresharedKey"/>.</summary>
    public PresharedKey? PresharedKey { get; init; }

    /// <summary>Takes the pre-shared key away.</summary>
    public bool RemovePresharedKey { get; init; }

    /// <summary>Where to reach the peer until it is heard from elsewhere.</summary>
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>Between 1 and 65,535 seconds, in whole seconds; zero switches keepalives off.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is another length of time.</exception>
    public TimeSpan? PersistentKeepalive
    {
        get;
        init => field = value is not { } interval || (interval >= TimeSpan.Zero && interval <= _longestInterval && interval.Ticks % TimeSpan.TicksPerSecond == 0)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(PersistentKeepalive), interval, "A persistent keepalive has whole seconds, 0 to 65535.");
    }

    /// <summary>Whether the peer loses the prefixes that <see cref="AllowedIps"/> does not give it.</summary>
    public bool ReplaceAllowedIps { get; init; }

    /// <summary>Prefixes given to the peer, whoever had them, or taken from it; in this order.</summary>
    public IReadOnlyList<AllowedIpChange> AllowedIps { get; init; } = [];

    /// <summary>The public key. Nothing secret.</summary>
    public override string ToString() => publicKey.ToString();
}
