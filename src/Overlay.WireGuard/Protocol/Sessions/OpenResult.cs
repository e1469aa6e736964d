namespace Overlay.WireGuard.Protocol.Sessions;

/// <summary>What became of a transport message. All but the first are silence towards the sender.</summary>
internal enum OpenResult
{
    Opened,

    /// <summary>Not sealed with this session's key, or changed on the way.</summary>
    Forged,

    /// <summary>Authentic, but seen before, or too old to tell.</summary>
    Replayed,
}
