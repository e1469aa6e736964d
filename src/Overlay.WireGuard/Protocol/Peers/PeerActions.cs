namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>What the owner of a peer has to do now.</summary>
[Flags]
internal enum PeerActions
{
    None = 0,

    /// <summary>Call <see cref="Peer.TryCreateInitiation"/> and send what it wrote.</summary>
    SendInitiation = 1,

    /// <summary>Send the packets in <see cref="Peer.Staged"/>.</summary>
    SendStaged = 2,

    /// <summary>Send an empty packet, unless staged packets were sent at the same time.</summary>
    SendKeepalive = 4,

    /// <summary>The peer did not answer for 90 seconds; what was staged is gone. For the log.</summary>
    GaveUp = 8,
}
