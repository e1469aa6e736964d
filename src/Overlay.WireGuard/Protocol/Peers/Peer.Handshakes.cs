using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Sessions;

namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>The peer's handshakes. An initiation of ours that awaits its answer is kept while one of the peer's is answered: two ends that
/// begin at the same moment then have a session at once, instead of both trying again after five seconds.</summary>
internal sealed partial class Peer
{
    private static readonly byte[] _noPresharedKey = new byte[PresharedKey.Size];

    private readonly CookieHolder _cookies = new();
    private LocalIdentity? _local;
    private Secret? _staticShared;
    private InitiatorHandshake? _handshake;
    private Tai64N _greatestTimestamp;
    private Tai64N _sentTimestamp;
    private TimeSpan? _initiationConsumed;

    private ReadOnlySpan<byte> PresharedKeyBytes => _presharedKey is { } key ? key.Bytes : _noPresharedKey;

    /// <summary>Writes an initiation of <see cref="ProtocolEngine.MaximumHandshakeSize"/> bytes. Fails, and nothing is to be sent, when one was sent
    /// within five seconds, or none can be made.</summary>
    public bool TryCreateInitiation(Span<byte> destination, TimeSpan now)
    {
        var message = destination[..InitiationMessage.Size];
        lock (_gate)
        {
            _initiationWanted = null;
            if (!_isRunning || _local is null || !MayInitiate(now))
            {
                return false;
            }

            _initiationSent = now;
            var timestamp = Tai64N.From(_engine.Services.Clock.GetUtcNow());
            _sentTimestamp = timestamp > _sentTimestamp ? timestamp : _sentTimestamp.Next();
            DropHandshake();
            var index = _engine.Indices.Add(this);
            var ephemeral = PrivateKey.Generate(_engine.Services.Entropy, _engine.Services.Vault);
            _handshake = InitiatorHandshake.Begin(_local, PublicKey, _staticShared, ephemeral, index, _sentTimestamp, message);
            if (_handshake is null)
            {
                _engine.Indices.Remove(index);
                return false;
            }

            _cookies.Sign(MessageKeys, now, message);
            Interlocked.Add(ref _sentBytes, InitiationMessage.Size);
            _timers.AnythingSent(now);
            _timers.InitiationSent(now);
            Reschedule();
            return true;
        }
    }

    /// <summary>Answers an initiation that names this peer.</summary>
    internal HandshakeOutcome Respond(LocalIdentity local, ResponderHandshake handshake, InitiationMessage message, in Endpoint source, Span<byte> reply, TimeSpan now)
    {
        lock (_gate)
        {
            if (!_isRunning || _local != local)
            {
                return Dropped(DropCause.NotRunning);
            }

            if (!handshake.TryReadTimestamp(message, _staticShared, out var timestamp))
            {
                return Dropped(_staticShared is null ? DropCause.LowOrderKey : DropCause.Forged);
            }

            if (timestamp <= _greatestTimestamp)
            {
                return Dropped(DropCause.Replayed);
            }

            if (_initiationConsumed is { } consumed && now - consumed < Timers.ProtocolLimits.InitiationInterval)
            {
                return Dropped(DropCause.Flood);
            }

            _greatestTimestamp = timestamp;
            _initiationConsumed = now;
            var index = _engine.Indices.Add(this);
            using var ephemeral = PrivateKey.Generate(_engine.Services.Entropy, _engine.Services.Vault);
            using var keys = handshake.TryRespond(ephemeral, index, PresharedKeyBytes, reply);
            if (keys is null)
            {
                _engine.Indices.Remove(index);
                return Dropped(DropCause.LowOrderKey);
            }

            _cookies.Sign(MessageKeys, now, reply[..ResponseMessage.Size]);
            AddSession(keys, isInitiator: false, index, handshake.RemoteIndex, now);
            MoveTo(source);
            _initiationSent = now; // As in the kernel: while the peer takes up our answer, we do not begin a handshake of our own.
            Interlocked.Add(ref _receivedBytes, InitiationMessage.Size);
            Interlocked.Add(ref _sentBytes, ResponseMessage.Size);
            _timers.AnythingReceived(now);
            _timers.AnythingSent(now);
            Reschedule();
            return new HandshakeOutcome(DropCause.None, this, PeerActions.None, ResponseMessage.Size);
        }
    }

    /// <summary>Takes the answer to our initiation.</summary>
    internal HandshakeOutcome Finish(ResponseMessage message, in Endpoint source, TimeSpan now)
    {
        lock (_gate)
        {
            if (!_isRunning || _handshake is not { } handshake || handshake.Index != message.Receiver)
            {
                return Dropped(DropCause.UnknownIndex);
            }

            using var keys = handshake.TryFinish(message, PresharedKeyBytes);
            if (keys is null)
            {
                return Dropped(DropCause.Forged);
            }

            AddSession(keys, isInitiator: true, handshake.Index, message.Sender, now);
            handshake.Dispose();
            _handshake = null; // Its index is the session's now.
            MoveTo(source);
            Interlocked.Add(ref _receivedBytes, ResponseMessage.Size);
            HandshakeComplete();
            _timers.AnythingReceived(now);
            Reschedule();
            return new HandshakeOutcome(DropCause.None, this, PeerActions.SendStaged | PeerActions.SendKeepalive, 0);
        }
    }

    /// <summary>Keeps a cookie for the next initiation. The next try sends it; the cookie itself causes none, and does not move the peer.</summary>
    internal HandshakeOutcome TakeCookie(CookieReplyMessage message, TimeSpan now)
    {
        lock (_gate)
        {
            if (!_cookies.TryAccept(MessageKeys, message, now))
            {
                return Dropped(DropCause.UnexpectedCookie);
            }

            Interlocked.Add(ref _receivedBytes, CookieReplyMessage.Size);
            return new HandshakeOutcome(DropCause.None, this, PeerActions.None, 0);
        }
    }

    /// <summary>Our key has changed, or gone: what was made with the old one receives until it ends, and no longer sends.</summary>
    internal void SetIdentity(LocalIdentity? local)
    {
        lock (_gate)
        {
            DropHandshake();
            _sessions.StopSending();
            _staticShared?.Dispose();
            _staticShared = local?.Agree(PublicKey);
            _local = local;
        }
    }

    internal void Start(TimeSpan now)
    {
        lock (_gate)
        {
            _isRunning = true;
            if (_timers.PersistentKeepalive > TimeSpan.Zero)
            {
                _timers.PersistentKeepaliveNow(now);
            }

            Reschedule();
        }
    }

    internal void Stop()
    {
        lock (_gate)
        {
            _isRunning = false;
            _timers.Stop();
            _cookies.Clear();
            _initiationSent = _initiationWanted = null;
            WipeKeys();
            Staged.Clear();
        }
    }

    /// <summary>For a peer that is removed.</summary>
    internal void Erase()
    {
        Stop();
        Staged.Close();
        SetPresharedKey(null);
        SetIdentity(null);
    }

    private HandshakeOutcome Dropped(DropCause cause) => HandshakeOutcome.Dropped(cause, peer: this);

    private void AddSession(SessionKeys keys, bool isInitiator, uint localIndex, uint remoteIndex, TimeSpan now)
    {
        var session = new Session(keys, _engine.Services.Aead, isInitiator, localIndex, remoteIndex, now);
        _sessions.Add(session, _engine.Wipe);
        _engine.Indices.Promote(this, session);
        _timers.SessionCreated(now);
        _hasRenewedOnReceive = false;
    }

    private void HandshakeComplete()
    {
        _timers.HandshakeComplete();
        Interlocked.Exchange(ref _lastHandshakeTicks, _engine.Services.Clock.GetUtcNow().UtcTicks);
    }

    private void WipeKeys()
    {
        DropHandshake();
        _sessions.Clear(_engine.Wipe);
        _timers.KeysZeroed();
    }

    private void DropHandshake()
    {
        if (_handshake is { } handshake)
        {
            _engine.Indices.Remove(handshake.Index);
            handshake.Dispose();
            _handshake = null;
        }
    }
}
