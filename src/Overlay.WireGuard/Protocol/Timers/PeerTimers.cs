namespace Overlay.WireGuard.Protocol.Timers;

/// <summary>The five timers of a peer (white paper, section 6; the kernel's timers.c) as a machine without a clock: events go in, with the time;
/// <see cref="NextDue"/> says when <see cref="Advance"/> has something to say. Not for two threads at once.</summary>
internal sealed class PeerTimers(Jitter jitter)
{
    private TimeSpan _retry = TimeSpan.MaxValue;
    private TimeSpan _keepalive = TimeSpan.MaxValue;
    private TimeSpan _newHandshake = TimeSpan.MaxValue;
    private TimeSpan _zeroKeys = TimeSpan.MaxValue;
    private TimeSpan _persistent = TimeSpan.MaxValue;
    private bool _needsAnotherKeepalive;

    /// <summary>Zero when switched off.</summary>
    public TimeSpan PersistentKeepalive { get; set; }

    /// <summary>How often the present handshake was tried again.</summary>
    public int Retries { get; private set; }

    /// <summary>When the next timer is due; <see cref="TimeSpan.MaxValue"/> when none runs.</summary>
    public TimeSpan NextDue => Least(Least(Least(_retry, _keepalive), Least(_newHandshake, _zeroKeys)), _persistent);

    /// <summary>Packets with content were sent in one batch.</summary>
    public void DataSent(TimeSpan now)
    {
        if (_newHandshake == TimeSpan.MaxValue)
        {
            _newHandshake = now + ProtocolLimits.NewHandshakeAfter + jitter.Next();
        }
    }

    /// <summary>Authentic packets with content were received in one batch.</summary>
    public void DataReceived(TimeSpan now)
    {
        if (_keepalive == TimeSpan.MaxValue)
        {
            _keepalive = now + ProtocolLimits.KeepaliveTimeout;
        }
        else
        {
            _needsAnotherKeepalive = true;
        }
    }

    /// <summary>Anything was sent that the peer will authenticate: handshake messages, data, keepalives.</summary>
    public void AnythingSent(TimeSpan now)
    {
        _keepalive = TimeSpan.MaxValue;
        Traversed(now);
    }

    /// <summary>Anything authentic was received.</summary>
    public void AnythingReceived(TimeSpan now)
    {
        _newHandshake = TimeSpan.MaxValue;
        Traversed(now);
    }

    /// <summary>A handshake begins for a reason of its own, not as a retry.</summary>
    public void HandshakeWanted() => Retries = 0;

    public void InitiationSent(TimeSpan now) => _retry = now + ProtocolLimits.RekeyTimeout + jitter.Next();

    /// <summary>Our initiation was answered, or our response confirmed.</summary>
    public void HandshakeComplete()
    {
        _retry = TimeSpan.MaxValue;
        Retries = 0;
    }

    public void SessionCreated(TimeSpan now) => _zeroKeys = now + ProtocolLimits.ZeroKeysAfter;

    /// <summary>The first keepalive is sent at once.</summary>
    public void PersistentKeepaliveNow(TimeSpan now) => _persistent = now;

    /// <summary>The keys are gone: there is nothing left to wipe.</summary>
    public void KeysZeroed() => _zeroKeys = TimeSpan.MaxValue;

    public void Stop()
    {
        _retry = _keepalive = _newHandshake = _zeroKeys = _persistent = TimeSpan.MaxValue;
        _needsAnotherKeepalive = false;
        Retries = 0;
    }

    /// <summary>Runs what is due and says what to do.</summary>
    public TimerEvents Advance(TimeSpan now)
    {
        var events = TimerEvents.None;
        if (TakeIfDue(ref _retry, now))
        {
            events |= Retry(now);
        }

        if (TakeIfDue(ref _keepalive, now))
        {
            events |= TimerEvents.Keepalive;
            if (_needsAnotherKeepalive)
            {
                _needsAnotherKeepalive = false;
                _keepalive = now + ProtocolLimits.KeepaliveTimeout;
            }
        }

        if (TakeIfDue(ref _newHandshake, now))
        {
            events |= TimerEvents.PeerIsSilent;
        }

        if (TakeIfDue(ref _zeroKeys, now))
        {
            events |= TimerEvents.ZeroKeys;
        }

        if (TakeIfDue(ref _persistent, now) && PersistentKeepalive > TimeSpan.Zero)
        {
            // Again after the interval, also when this one cannot be sent: nobody may know yet where the peer is.
            Traversed(now);
            events |= TimerEvents.Keepalive;
        }

        return events;
    }

    private TimerEvents Retry(TimeSpan now)
    {
        if (Retries < ProtocolLimits.MaximumRetries)
        {
            Retries++;
            return TimerEvents.RetryHandshake;
        }

        _keepalive = TimeSpan.MaxValue;
        if (_zeroKeys == TimeSpan.MaxValue)
        {
            _zeroKeys = now + ProtocolLimits.ZeroKeysAfter;
        }

        return TimerEvents.GiveUp;
    }

    private void Traversed(TimeSpan now)
    {
        if (PersistentKeepalive > TimeSpan.Zero)
        {
            _persistent = now + PersistentKeepalive;
        }
    }

    private static bool TakeIfDue(ref TimeSpan timer, TimeSpan now)
    {
        if (timer > now)
        {
            return false;
        }

        timer = TimeSpan.MaxValue;
        return true;
    }

    private static TimeSpan Least(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
