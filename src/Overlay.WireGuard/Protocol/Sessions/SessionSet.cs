namespace Overlay.WireGuard.Protocol.Sessions;

/// <summary>A peer's sessions. <c>Current</c> sends; <c>Previous</c> still receives what was on its way; <c>Next</c> is a session that we as the
/// responder have made, and that the initiator has not yet confirmed by a packet.
/// <code>
/// initiator:  new -> Current -> Previous -> wiped
/// responder:  new -> Next -(first packet)-> Current -> Previous -> wiped
/// </code>
/// Changed by one thread at a time; <see cref="Current"/> may be read by any.</summary>
internal sealed class SessionSet
{
    private volatile Session? _current;

    public Session? Previous { get; private set; }

    public Session? Current => _current;

    public Session? Next { get; private set; }

    /// <summary>Takes in a new session; those that have no place any more are handed to <paramref name="wipe"/>.</summary>
    public void Add(Session session, Action<Session> wipe)
    {
        if (session.IsInitiator)
        {
            // A session that is still unconfirmed is kept, for packets that may be on their way, at the cost of the current one.
            var demoted = Next ?? _current;
            Wipe(Next is null ? null : _current, wipe);
            Wipe(Previous, wipe);
            Previous = demoted;
            Next = null;
            _current = session;
        }
        else
        {
            Wipe(Next, wipe);
            Wipe(Previous, wipe);
            Next = session;
            Previous = null;
        }
    }

    /// <summary>The initiator has used the session: it is confirmed, and sends from now on.</summary>
    /// <returns>Whether it was waiting for that.</returns>
    public bool Confirm(Session session, Action<Session> wipe)
    {
        if (Next != session)
        {
            return false;
        }

        Wipe(Previous, wipe);
        Previous = _current;
        _current = session;
        Next = null;
        return true;
    }

    public void Clear(Action<Session> wipe)
    {
        Wipe(Previous, wipe);
        Wipe(_current, wipe);
        Wipe(Next, wipe);
        Previous = Next = _current = null;
    }

    /// <summary>What is sent from now on needs a new handshake.</summary>
    public void StopSending()
    {
        _current?.StopSending();
        Next?.StopSending();
    }

    private static void Wipe(Session? session, Action<Session> wipe)
    {
        if (session is not null)
        {
            wipe(session);
        }
    }
}
