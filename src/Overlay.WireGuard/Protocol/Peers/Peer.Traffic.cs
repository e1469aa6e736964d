using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Sessions;
using Overlay.WireGuard.Protocol.Timers;

namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>What batches of transport packets and the passage of time mean to a peer.</summary>
internal sealed partial class Peer
{
    private TimeSpan _scheduled = TimeSpan.MaxValue;
    private TimeSpan? _initiationSent;
    private TimeSpan? _initiationWanted;
    private bool _hasRenewedOnReceive;

    /// <summary>The session to send with; <see langword="null"/> when there is none: stage the packets, then call <see cref="WantSession"/>.</summary>
    public Session? SelectSession(TimeSpan now) => _sessions.Current is { } current && current.CanSend(now) ? current : null;

    /// <summary>Packets wait and there is no session.</summary>
    public PeerActions WantSession(TimeSpan now)
    {
        lock (_gate)
        {
            return _isRunning ? WantInitiation(now) : PeerActions.None;
        }
    }

    /// <summary>A batch of transport messages was sent.</summary>
    public PeerActions Sent(int bytes, bool hasData, TimeSpan now)
    {
        Interlocked.Add(ref _sentBytes, bytes);
        lock (_gate)
        {
            if (!_isRunning)
            {
                return PeerActions.None;
            }

            _timers.AnythingSent(now);
            if (hasData)
            {
                _timers.DataSent(now);
            }

            var actions = IsStaleForSending(now) ? WantInitiation(now) : PeerActions.None;
            Reschedule();
            return actions;
        }
    }

    /// <summary>A batch of messages was opened with one of the peer's sessions, the newest from <paramref name="source"/>.</summary>
    public PeerActions Received(Session session, in Endpoint source, int bytes, bool hasData, TimeSpan now)
    {
        Interlocked.Add(ref _receivedBytes, bytes);
        lock (_gate)
        {
            if (!_isRunning)
            {
                return PeerActions.None;
            }

            var actions = PeerActions.None;
            MoveTo(source);
            if (_sessions.Confirm(session, _engine.Wipe))
            {
                HandshakeComplete();
                actions |= PeerActions.SendStaged;
            }

            if (IsStaleForReceiving(now))
            {
                _hasRenewedOnReceive = true;
                actions |= WantInitiation(now);
            }

            _timers.AnythingReceived(now);
            if (hasData)
            {
                _timers.DataReceived(now);
            }

            Reschedule();
            return actions;
        }
    }

    /// <summary>Runs the peer's timers; the queue has just let go of the peer.</summary>
    internal PeerActions Advance(TimeSpan now)
    {
        lock (_gate)
        {
            _scheduled = TimeSpan.MaxValue;
            var actions = _isRunning ? Act(_timers.Advance(now), now) : PeerActions.None;
            Reschedule();
            return actions;
        }
    }

    private PeerActions Act(TimerEvents events, TimeSpan now)
    {
        var actions = PeerActions.None;
        if (events.HasFlag(TimerEvents.ZeroKeys))
        {
            WipeKeys();
        }

        if (events.HasFlag(TimerEvents.GiveUp))
        {
            Staged.Clear();
            actions |= PeerActions.GaveUp;
        }

        if (events.HasFlag(TimerEvents.RetryHandshake))
        {
            ForgetSource();
            if (MayInitiate(now))
            {
                actions |= Ask(now);
            }
            else
            {
                _timers.InitiationSent(now); // We have answered the peer meanwhile; look again when that has led nowhere.
            }
        }

        if (events.HasFlag(TimerEvents.PeerIsSilent))
        {
            ForgetSource();
            actions |= WantInitiation(now);
        }

        if (events.HasFlag(TimerEvents.Keepalive))
        {
            actions |= SelectSession(now) is null ? WantInitiation(now) : PeerActions.SendKeepalive;
        }

        return actions;
    }

    private bool IsStaleForSending(TimeSpan now) => _sessions.Current is { } current
        && (current.NextCounter > ProtocolLimits.RekeyAfterMessages || (current.IsInitiator && now - current.Born >= ProtocolLimits.RekeyAfterTime));

    private bool IsStaleForReceiving(TimeSpan now) => !_hasRenewedOnReceive
        && _sessions.Current is { IsInitiator: true } current && now - current.Born >= ProtocolLimits.RekeyOnReceiveAfter;

    private PeerActions WantInitiation(TimeSpan now)
    {
        _timers.HandshakeWanted();
        return MayInitiate(now) ? Ask(now) : PeerActions.None;
    }

    /// <summary>Asks once; again after a second, if the owner did not do it.</summary>
    private PeerActions Ask(TimeSpan now)
    {
        if (_initiationWanted is { } wanted && now - wanted < TimeSpan.FromSeconds(1))
        {
            return PeerActions.None;
        }

        _initiationWanted = now;
        return PeerActions.SendInitiation;
    }

    private bool MayInitiate(TimeSpan now) => _initiationSent is not { } sent || now - sent >= ProtocolLimits.RekeyTimeout;

    private void Reschedule()
    {
        var due = _timers.NextDue;
        if (due < _scheduled)
        {
            _scheduled = due;
            _engine.Timers.Hasten(this, due);
        }
    }
}
