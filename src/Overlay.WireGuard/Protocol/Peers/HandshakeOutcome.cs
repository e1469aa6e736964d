namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>What became of a handshake message.</summary>
/// <param name="Cause">Why it was dropped; with <see cref="DropCause.CookieSent"/> there is an answer all the same.</param>
/// <param name="Peer">Who sent it, when it was accepted; its endpoint is up to date. Of a message that was dropped, the peer that it names, if that is known.</param>
/// <param name="Actions">What to do for the peer, after the answer was sent.</param>
/// <param name="ReplyLength">How many bytes to send back to the source; zero is silence.</param>
internal readonly record struct HandshakeOutcome(DropCause Cause, Peer? Peer, PeerActions Actions, int ReplyLength)
{
    public bool IsAccepted => Cause == DropCause.None;

    public static HandshakeOutcome Dropped(DropCause cause, int replyLength = 0, Peer? peer = null) => new(cause, peer, PeerActions.None, replyLength);
}
