namespace Overlay.WireGuard.Protocol.Timers;

/// <summary>What a peer's timers ask for when they are due.</summary>
[Flags]
internal enum TimerEvents
{
    None = 0,

    /// <summary>Send an empty packet.</summary>
    Keepalive = 1,

    /// <summary>The initiation was not answered: send another.</summary>
    RetryHandshake = 2,

    /// <summary>The initiation was not answered for REKEY_ATTEMPT_TIME: drop what waits.</summary>
    GiveUp = 4,

    /// <summary>Data was sent and nothing came back for 15 seconds: begin a handshake.</summary>
    PeerIsSilent = 8,

    /// <summary>No new session for three times REJECT_AFTER_TIME: wipe all keys.</summary>
    ZeroKeys = 16,
}
