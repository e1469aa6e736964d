namespace Overlay.WireGuard.Protocol.Timers;

/// <summary>The constants of the white paper (section 6.1) and those that the kernel adds.</summary>
internal static class ProtocolLimits
{
    public const ulong RekeyAfterMessages = 1UL << 60;
    public const ulong RejectAfterMessages = ulong.MaxValue - (1UL << 13);

    /// <summary>A handshake is tried again this often; with <see cref="RekeyTimeout"/> between the tries that is REKEY_ATTEMPT_TIME, 90 s.</summary>
    public const int MaximumRetries = 18;

    /// <summary>Packets that wait for a session, per peer.</summary>
    public const int MaximumStagedPackets = 128;

    public static readonly TimeSpan RekeyAfterTime = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan RejectAfterTime = TimeSpan.FromSeconds(180);
    public static readonly TimeSpan RekeyTimeout = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan KeepaliveTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The most that is added to a retry, so that two ends that began at once do not go on at once.</summary>
    public static readonly TimeSpan MaximumJitter = TimeSpan.FromMilliseconds(333);

    /// <summary>From this age on, a packet received makes the initiator of a session renew it.</summary>
    public static readonly TimeSpan RekeyOnReceiveAfter = RejectAfterTime - KeepaliveTimeout - RekeyTimeout;

    /// <summary>Silence after data sent for which the session is taken for dead.</summary>
    public static readonly TimeSpan NewHandshakeAfter = KeepaliveTimeout + RekeyTimeout;

    /// <summary>All keys are wiped this long after the last new session.</summary>
    public static readonly TimeSpan ZeroKeysAfter = RejectAfterTime * 3;

    public static readonly TimeSpan CookieSecretMaximumAge = TimeSpan.FromSeconds(120);

    /// <summary>A cookie is not used in the last seconds of its life, since the message has yet to travel.</summary>
    public static readonly TimeSpan CookieLatency = TimeSpan.FromSeconds(5);

    /// <summary>At most one initiation of a peer is answered in this time: 50 in a second.</summary>
    public static readonly TimeSpan InitiationInterval = TimeSpan.FromMilliseconds(20);
}
