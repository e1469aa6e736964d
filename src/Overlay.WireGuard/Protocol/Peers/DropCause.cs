namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>Why a message or packet was dropped. The sender never learns it.</summary>
internal enum DropCause
{
    /// <summary>It was not dropped.</summary>
    None,

    /// <summary>No message of the protocol: kind, reserved bits or length are wrong.</summary>
    Malformed,

    /// <summary>The device has no private key, or is down.</summary>
    NotRunning,

    /// <summary>The sender does not know our public key.</summary>
    WrongMac1,

    /// <summary>Under load: a cookie was sent instead of an answer.</summary>
    CookieSent,

    /// <summary>Under load: the source has used up its allowance.</summary>
    RateLimited,

    /// <summary>Not sealed with the right key, or changed on the way.</summary>
    Forged,

    /// <summary>Authentic, but from a key that is no peer of ours.</summary>
    UnknownPeer,

    /// <summary>The index is no handshake's or session's.</summary>
    UnknownIndex,

    /// <summary>Seen before, or too old to tell.</summary>
    Replayed,

    /// <summary>More than one initiation in 20 ms.</summary>
    Flood,

    /// <summary>A public key of low order.</summary>
    LowOrderKey,

    /// <summary>The session is older than REJECT_AFTER_TIME.</summary>
    Expired,

    /// <summary>The cookie does not answer our last message.</summary>
    UnexpectedCookie,

    /// <summary>What was in the tunnel is no IP packet.</summary>
    NotIp,

    /// <summary>The inner source address, or on the way out the destination, is not this peer's.</summary>
    NotAllowed,

    /// <summary>Congestion was marked on a packet that cannot carry the mark.</summary>
    Congestion,

    /// <summary>On the way out: nobody knows where the peer is.</summary>
    NoEndpoint,

    /// <summary>On the way out: waited for a session in vain, or the session was gone before the packet was sealed.</summary>
    NoSession,

    /// <summary>On the way out: a tunnel packet of ours that has gone through our tunnels too often.</summary>
    RoutingLoop,

    /// <summary>The network refused the datagrams.</summary>
    NotSent,

    /// <summary>The operating system refused the packet.</summary>
    NotDelivered,

    /// <summary>A handshake message came while too many waited.</summary>
    QueueFull,
}
