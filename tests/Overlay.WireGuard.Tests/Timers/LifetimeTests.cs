using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Protocol.Timers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Timers;

/// <summary>Two engines through minutes of injected time.</summary>
public sealed class LifetimeTests : IDisposable
{
    private readonly Pair _pair = new();

    [Fact]
    public void Traffic_ForTenMinutes_RekeysEveryTwoMinutesAndLosesNothing()
    {
        for (var second = 0; second < 600; second++)
        {
            _pair.FromA();
            _pair.FromB();
            _pair.Advance(1);
        }

        Assert.Equal((600, 600), (_pair.A.Delivered.Count, _pair.B.Delivered.Count));
        Assert.InRange(_pair.SentBy(_pair.A, 1).Count(), 5, 5);
        Assert.Empty(_pair.SentBy(_pair.B, 1)); // Only the initiator renews.
        Assert.InRange(_pair.A.Engine.Indices.Count, 2, 3);
    }

    [Fact]
    public void Traffic_OnlyToTheInitiator_IsRenewedOnceAfter165Seconds()
    {
        _pair.Connect();
        _pair.Advance(164);
        _pair.FromB();
        Assert.Empty(_pair.SentBy(_pair.A, 1));

        _pair.Loses = (_, datagram) => datagram[0] == 1;
        _pair.Advance(2);
        _pair.FromB();
        _pair.FromB();
        _pair.FromB();

        Assert.Single(_pair.SentBy(_pair.A, 1));
    }

    [Fact]
    public void Session_After180Seconds_NeitherSendsNorReceives()
    {
        _pair.Connect();
        var late = _pair.B.Seal(_pair.B.PeerOf(_pair.A), Pair.Packet("10.0.2.1", "10.0.1.1", 5))!;
        _pair.Advance(180);

        Assert.Equal(DropCause.Expired, _pair.A.Receive(late, _pair.B.Endpoint));
        Assert.Null(_pair.A.PeerOf(_pair.B).SelectSession(_pair.A.Now));
        _pair.FromA();
        Assert.Single(_pair.SentBy(_pair.A, 1));
        Assert.Single(_pair.B.Delivered);
    }

    [Fact]
    public void Session_WithoutTraffic_IsWipedAfter540Seconds()
    {
        _pair.Connect();
        _pair.Advance(539);
        Assert.Equal(1, _pair.A.PeerOf(_pair.B).SessionCount);

        _pair.Advance(2);

        Assert.Equal(0, _pair.A.PeerOf(_pair.B).SessionCount);
        Assert.Equal(0, _pair.A.Engine.Indices.Count);
        Assert.Equal(0, _pair.B.Engine.Indices.Count);
        Assert.Equal(TimeSpan.MaxValue, _pair.A.Engine.NextDue);
    }

    [Fact]
    public void Handshake_NoAnswer_IsRetriedWithJitterThenGivenUp()
    {
        var sent = new List<TimeSpan>();
        _pair.Loses = (from, _) =>
        {
            sent.Add(from.Now);
            return true;
        };
        _pair.FromA();
        var peer = _pair.A.PeerOf(_pair.B);
        Assert.Equal(1, peer.Staged.Count);
        _pair.Advance(300);

        Assert.Equal(1 + ProtocolLimits.MaximumRetries, sent.Count);
        var pauses = sent.Zip(sent.Skip(1), (one, next) => (next - one).TotalSeconds).ToArray();
        Assert.All(pauses, pause => Assert.InRange(pause, 5.0, 5.334));
        Assert.True(pauses.Distinct().Count() > 5);
        Assert.Contains(PeerActions.GaveUp, _pair.A.Actions);
        Assert.Equal((0, 1L), (peer.Staged.Count, peer.Drops[DropCause.NoSession]));
        _pair.Advance(600);
        Assert.Equal(0, _pair.A.Engine.Indices.Count);
    }

    [Fact]
    public void Handshake_WantedAllTheTime_IsSentOnceInFiveSeconds()
    {
        _pair.Loses = (_, _) => true;
        for (var i = 0; i < 100; i++)
        {
            _pair.FromA();
            _pair.Advance(0.1);
        }

        Assert.InRange(_pair.SentBy(_pair.A, 1).Count(), 2, 2);
    }

    [Fact]
    public void Silence_AfterDataReceived_IsBrokenByOneKeepaliveAfterTenSeconds()
    {
        _pair.Connect();
        _pair.Advance(9.9);
        Assert.Empty(_pair.SentBy(_pair.B, 4));

        _pair.Advance(60);

        Assert.Equal(TransportMessage.Overhead, Assert.Single(_pair.SentBy(_pair.B, 4)).Length);
        Assert.Empty(_pair.SentBy(_pair.A, 4)); // A keepalive is not answered.
    }

    [Fact]
    public void Silence_AfterDataSent_BeginsAHandshakeAfterFifteenSeconds()
    {
        _pair.Connect();
        _pair.Loses = (_, _) => true;
        _pair.FromA();
        _pair.Advance(14.9);
        Assert.Empty(_pair.SentBy(_pair.A, 1));

        _pair.Advance(0.5);

        Assert.Single(_pair.SentBy(_pair.A, 1));
    }

    [Fact]
    public void PersistentKeepalive_SwitchedOn_IsSentAtOnceAndInEachIntervalOfSilence()
    {
        _pair.A.PeerOf(_pair.B).SetPersistentKeepalive(TimeSpan.FromSeconds(25), _pair.A.Now);
        _pair.Advance(0);
        Assert.Single(_pair.SentBy(_pair.A, 1)); // There is no session yet: the handshake comes first, and its confirmation is a keepalive.
        Assert.Single(_pair.SentBy(_pair.A, 4));

        _pair.Advance(20);
        _pair.FromB(); // Any authentic packet restarts the interval.
        _pair.Advance(24);
        Assert.Equal(2, _pair.SentBy(_pair.A, 4).Count()); // The answer to B's data after ten seconds.
        _pair.Advance(12);
        Assert.Equal(3, _pair.SentBy(_pair.A, 4).Count());

        _pair.A.PeerOf(_pair.B).SetPersistentKeepalive(TimeSpan.Zero, _pair.A.Now);
        _pair.Advance(100);
        Assert.Equal(3, _pair.SentBy(_pair.A, 4).Count());
    }

    /// <summary>As wg(8) allows: first the interval, later where the peer is.</summary>
    [Fact]
    public void PersistentKeepalive_EndpointIsToldLater_BeginsWithinAnInterval()
    {
        using var pair = new Pair(introduce: false);
        Node.Introduce(pair.A, pair.B);
        pair.A.Engine.RemovePeer(pair.B.Key);
        var peer = pair.A.Engine.GetOrAddPeer(pair.B.Key, pair.A.Now)!;
        peer.SetPersistentKeepalive(TimeSpan.FromSeconds(25), pair.A.Now);
        pair.Advance(100);
        Assert.Empty(pair.Log);

        peer.SetEndpoint(pair.B.Endpoint);
        pair.Advance(25);

        Assert.Single(pair.SentBy(pair.A, 1));
        Assert.NotNull(peer.SelectSession(pair.A.Now));
    }

    /// <summary>As wg-quick(8) and others do it: up first, configured later.</summary>
    [Fact]
    public void PersistentKeepalive_OwnKeyIsSetLater_BeginsWithinAnInterval()
    {
        using var pair = new Pair();
        var peer = pair.A.PeerOf(pair.B);
        Span<byte> key = stackalloc byte[Protocol.Keys.PrivateKey.Size];
        Assert.True(pair.A.Engine.TryExportPrivateKey(key));
        pair.A.Engine.SetPrivateKey(null);
        peer.SetPersistentKeepalive(TimeSpan.FromSeconds(25), pair.A.Now);
        pair.Advance(100);
        Assert.Empty(pair.Log);

        pair.A.Engine.SetPrivateKey(Protocol.Keys.PrivateKey.Import(key));
        pair.Advance(25);

        Assert.NotNull(peer.SelectSession(pair.A.Now));
    }

    /// <summary>The peer has begun a handshake and fallen silent before it confirmed it: while its session is awaited nothing of ours is sent, once.</summary>
    [Fact]
    public void PersistentKeepalive_DueWhileAnAnswerOfOursIsUnconfirmed_GoesOnAfterwards()
    {
        _pair.B.PeerOf(_pair.A).SetPersistentKeepalive(TimeSpan.FromSeconds(3), _pair.B.Now);
        _pair.Loses = (from, _) => from == _pair.B;
        _pair.Advance(0);
        _pair.FromA();
        _pair.Advance(60);

        // It retries by itself, too: what counts is that it never ends.
        _pair.Advance(600);
        var before = _pair.SentBy(_pair.B, 1).Count();
        _pair.Advance(60);
        Assert.True(_pair.SentBy(_pair.B, 1).Count() > before);
    }

    [Fact]
    public void Stop_ThenStart_DropsSessionsAndKeepsThePersistentKeepalive()
    {
        _pair.A.PeerOf(_pair.B).SetPersistentKeepalive(TimeSpan.FromSeconds(25), _pair.A.Now);
        _pair.Advance(1);
        _pair.A.Engine.Stop();
        Assert.Equal(0, _pair.A.Engine.Indices.Count);
        _pair.FromA();
        Assert.Empty(_pair.B.Delivered);

        _pair.Advance(6);
        _pair.A.Engine.Start(_pair.A.Now);
        _pair.Advance(0);

        Assert.Equal(2, _pair.SentBy(_pair.A, 1).Count());
    }

    [Fact]
    public void Counter_AtRekeyAfterMessages_RenewsTheSession()
    {
        _pair.Connect();
        var session = _pair.A.PeerOf(_pair.B).SelectSession(_pair.A.Now)!;
        session.SkipTo(ProtocolLimits.RekeyAfterMessages);
        _pair.Advance(6);
        _pair.FromA();

        Assert.Single(_pair.SentBy(_pair.A, 1));
        session.SkipTo(ProtocolLimits.RejectAfterMessages - 1);
        Assert.False(session.TryReserve(2, out _));
        Assert.True(session.TryReserve(1, out _));
        Assert.False(session.TryReserve(1, out _));
        Assert.False(session.CanSend(_pair.A.Now));
    }

    public void Dispose() => _pair.Dispose();
}
