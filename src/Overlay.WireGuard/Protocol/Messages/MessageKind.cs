namespace Overlay.WireGuard.Protocol.Messages;

/// <summary>The first byte of every message; three zero bytes follow it.</summary>
internal enum MessageKind
{
    /// <summary>No message of the protocol.</summary>
    None = 0,

    Initiation = 1,
    Response = 2,
    CookieReply = 3,
    Transport = 4,
}
