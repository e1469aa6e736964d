using Overlay.Linux.Interop;
using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Packets;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>The thread for all that costs much or happens seldom: handshakes, timers, keepalives, staged packets.</summary>
internal sealed class ProtocolWorker : IDisposable
{
    // Between two looks at the timers, which a flood of handshakes must not hold up.
    private const int HandshakesAtOnce = 32;

    private static readonly OuterHeader _handshake = new(Ecn.HandshakeTrafficClass, 0);

    private readonly DataPlane _plane;
    private readonly OutgoingTrain _train;
    private readonly LoadGauge _load = new(HandshakeQueue.DefaultCapacity);
    private readonly Action<Peer> _gaveUp;
    private readonly Thread _thread;
    private volatile bool _isStopping;

    public ProtocolWorker(DataPlane plane, string name, Action<Peer> gaveUp)
    {
        _plane = plane;
        _train = new OutgoingTrain(plane, queue: 0);
        _gaveUp = gaveUp;
        Pacer = new HandshakePacer(plane);
        plane.Engine.Hurried = plane.Inbox.Wake;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public HandshakePacer Pacer { get; }

    public void Dispose()
    {
        _isStopping = true;
        _plane.Inbox.Wake();
        _thread.Join();
    }

    private void Run()
    {
        while (!_isStopping)
        {
            var due = _plane.Engine.NextDue < Pacer.NextDue ? _plane.Engine.NextDue : Pacer.NextDue;
            if (_plane.Inbox.Handshakes.Count == 0)
            {
                DescriptorPoll.Wait(_plane.Inbox.Handle, due == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : due - _plane.Now);
                _plane.Inbox.ClearWake();
            }

            TakeHandshakes();
            var now = _plane.Now;
            while (_plane.Inbox.TryTake(out var peer, out var actions) || _plane.Engine.TryAdvance(now, out peer, out actions))
            {
                Do(peer, actions, now);
            }

            while (Pacer.TryTake(now, out var waiting))
            {
                Do(waiting, waiting.WantSession(now), now);
            }
        }
    }

    private void TakeHandshakes()
    {
        Span<byte> message = stackalloc byte[HandshakeQueue.MessageSize];
        Span<byte> reply = stackalloc byte[ProtocolEngine.MaximumHandshakeSize];
        for (var i = 0; i < HandshakesAtOnce; i++)
        {
            var waiting = _plane.Inbox.Handshakes.Count;
            if (!_plane.Inbox.Handshakes.TryTake(message, out var length, out var path))
            {
                return;
            }

            var now = _plane.Now;
            var outcome = _plane.Engine.ReceiveHandshake(message[..length], path.ToEndpoint(), _load.IsUnderLoad(waiting, now), reply, now);
            if (outcome.ReplyLength > 0)
            {
                Send(reply[..outcome.ReplyLength], path);
            }

            if (outcome.Peer is { } peer)
            {
                Do(peer, outcome.Actions, now);
            }
        }
    }

    private void Do(Peer peer, PeerActions actions, TimeSpan now)
    {
        if (actions.HasFlag(PeerActions.SendInitiation))
        {
            SendInitiation(peer, now);
        }

        var sent = actions.HasFlag(PeerActions.SendStaged) ? StagedSender.Drain(peer, _train, now) : 0;
        if (actions.HasFlag(PeerActions.SendKeepalive) && sent == 0 && peer.SelectSession(now) is { } session && session.TryReserve(1, out var counter))
        {
            _train.Add(peer, session, counter, [], default, now);
            _train.Flush(now);
        }

        if (actions.HasFlag(PeerActions.GaveUp))
        {
            _gaveUp(peer);
        }
    }

    private void SendInitiation(Peer peer, TimeSpan now)
    {
        Span<byte> message = stackalloc byte[ProtocolEngine.MaximumHandshakeSize];
        if (!peer.HasEndpoint || !peer.TryCreateInitiation(message, now) || peer.Endpoint is not { } endpoint)
        {
            return;
        }

        var errno = Send(message, endpoint.ToPath());
        if (EndpointPath.MayBeAboutSource(errno) && endpoint.HasSource)
        {
            peer.ForgetSource();
            Send(message, endpoint.WithoutSource().ToPath());
        }
    }

    private int Send(ReadOnlySpan<byte> message, in DatagramPath path) => _plane.Send(queue: 0, new OutgoingDatagrams
    {
        Bytes = message,
        SegmentSize = message.Length,
        Path = path,
        TrafficClass = _handshake.TrafficClass,
    }).Errno;
}
