using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Sessions;

namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>Messages in and out, and time.</summary>
internal sealed partial class ProtocolEngine
{
    /// <summary>The longest answer that <see cref="ReceiveHandshake"/> writes, and the length of an initiation.</summary>
    public const int MaximumHandshakeSize = InitiationMessage.Size;

    private readonly CookieIssuer _cookies;
    private readonly SourceRateLimiter _limiter = new();

    /// <summary>When <see cref="TryAdvance"/> has something to say; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan NextDue => Timers.NextDue;

    /// <summary>Called, on the thread that made the change, when <see cref="NextDue"/> has become earlier.</summary>
    public Action? Hurried
    {
        get => Timers.Hurried;
        set => Timers.Hurried = value;
    }

    /// <summary>The peer and session that a transport message is for; ask once per train of datagrams with the same receiver.</summary>
    public bool TryFindSession(uint receiver, out Peer peer, out Session session)
    {
        var isFound = Indices.TryFind(receiver, out var entry) && entry.Session is not null;
        peer = entry.Peer;
        session = entry.Session!;
        return isFound;
    }

    /// <summary>Takes a datagram that is no transport message. When the outcome has a reply length, that much of <paramref name="reply"/>, which has
    /// <see cref="MaximumHandshakeSize"/> bytes, goes back to the source.</summary>
    public HandshakeOutcome ReceiveHandshake(ReadOnlySpan<byte> datagram, in Endpoint source, bool isUnderLoad, Span<byte> reply, TimeSpan now)
    {
        var outcome = MessageHeader.Classify(datagram) switch
        {
            MessageKind.Initiation => ReceiveInitiation(datagram, source, isUnderLoad, reply, now),
            MessageKind.Response => ReceiveResponse(datagram, source, isUnderLoad, reply, now),
            MessageKind.CookieReply => ReceiveCookie(datagram, now),
            _ => HandshakeOutcome.Dropped(DropCause.Malformed),
        };
        (outcome.Peer?.Drops ?? Drops).Count(outcome.Cause);
        return outcome;
    }

    /// <summary>Runs the timers of one peer that is due. Call until it fails.</summary>
    public bool TryAdvance(TimeSpan now, out Peer peer, out PeerActions actions)
    {
        while (Timers.TryTake(now, out peer))
        {
            actions = peer.Advance(now);
            if (actions != PeerActions.None)
            {
                return true;
            }
        }

        actions = PeerActions.None;
        return false;
    }

    private HandshakeOutcome ReceiveInitiation(ReadOnlySpan<byte> datagram, in Endpoint source, bool isUnderLoad, Span<byte> reply, TimeSpan now)
    {
        if (_local is not { } local || !InitiationMessage.TryRead(datagram, out var message))
        {
            return HandshakeOutcome.Dropped(DropCause.NotRunning);
        }

        if (Admit(local, message.Macs, source, isUnderLoad, reply, now) is { } refused)
        {
            return refused;
        }

        using var handshake = ResponderHandshake.TryBegin(local, message);
        if (handshake is null)
        {
            return HandshakeOutcome.Dropped(DropCause.Forged);
        }

        return FindPeer(handshake.Remote) is { } peer
            ? peer.Respond(local, handshake, message, source, reply, now)
            : HandshakeOutcome.Dropped(DropCause.UnknownPeer);
    }

    private HandshakeOutcome ReceiveResponse(ReadOnlySpan<byte> datagram, in Endpoint source, bool isUnderLoad, Span<byte> reply, TimeSpan now)
    {
        if (_local is not { } local || !ResponseMessage.TryRead(datagram, out var message))
        {
            return HandshakeOutcome.Dropped(DropCause.NotRunning);
        }

        if (Admit(local, message.Macs, source, isUnderLoad, reply, now) is { } refused)
        {
            return refused;
        }

        return Indices.TryFind(message.Receiver, out var entry) && entry.Session is null
            ? entry.Peer.Finish(message, source, now)
            : HandshakeOutcome.Dropped(DropCause.UnknownIndex);
    }

    private HandshakeOutcome ReceiveCookie(ReadOnlySpan<byte> datagram, TimeSpan now) =>
        CookieReplyMessage.TryRead(datagram, out var message) && Indices.TryFind(message.Receiver, out var entry)
            ? entry.Peer.TakeCookie(message, now)
            : HandshakeOutcome.Dropped(DropCause.UnknownIndex);

    /// <summary>The checks that cost little, before those that cost much. MAC1 first: who does not know our key learns not even that we are here.</summary>
    private HandshakeOutcome? Admit(LocalIdentity local, MessageMacs macs, in Endpoint source, bool isUnderLoad, Span<byte> reply, TimeSpan now)
    {
        if (!CookieIssuer.HasValidMac1(local.MessageKeys, macs))
        {
            return HandshakeOutcome.Dropped(DropCause.WrongMac1);
        }

        if (!isUnderLoad)
        {
            return null;
        }

        if (!_cookies.HasValidMac2(macs, source, now))
        {
            return _cookies.TryWriteReply(local, macs, source, now, reply)
                ? HandshakeOutcome.Dropped(DropCause.CookieSent, CookieReplyMessage.Size)
                : HandshakeOutcome.Dropped(DropCause.NotRunning);
        }

        return _limiter.TryTake(source.Address, now) ? null : HandshakeOutcome.Dropped(DropCause.RateLimited);
    }
}
