using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Conformance;

/// <summary>Points 6 to 9 and 20.</summary>
internal static class SessionRules
{
    public static void Indices(Pair pair)
    {
        pair.A.Entropy.Prepare([1, 0, 0, 0]);
        pair.A.Entropy.Prepare([1, 0, 0, 0]); // Drawn again for the second index: refused, another is drawn.
        var (first, second) = (pair.A.Engine.Indices.Add(pair.A.PeerOf(pair.B)), pair.A.Engine.Indices.Add(pair.A.PeerOf(pair.B)));
        Assert.Equal(1u, first);
        Assert.NotEqual(first, second);
        pair.A.Engine.Indices.Remove(first);
        pair.A.Engine.Indices.Remove(second);

        for (var i = 0; i < 10; i++)
        {
            pair.FromA();
            pair.Advance(121);
            Assert.InRange(pair.A.Engine.Indices.Count, 1, 3);
            Assert.InRange(pair.B.Engine.Indices.Count, 1, 3);
        }
    }

    public static void KeyConfirmation(Pair pair)
    {
        pair.Loses = (from, datagram) => from == pair.A && datagram[0] == 4;
        pair.FromA();
        Assert.Null(pair.B.PeerOf(pair.A).SelectSession(pair.B.Now));
        pair.FromB();
        Assert.Empty(pair.SentBy(pair.B, 4));

        pair.Loses = (_, _) => false;
        pair.FromA();
        Assert.Single(pair.SentBy(pair.B, 4)); // What was staged leaves now.
    }

    public static void ConfirmsAtOnce(Pair pair)
    {
        pair.A.Do(pair.A.PeerOf(pair.B), pair.A.PeerOf(pair.B).WantSession(pair.A.Now));

        Assert.Equal(TransportMessage.Overhead, pair.SentBy(pair.A, 4).Single().Length);
        Assert.NotNull(pair.B.PeerOf(pair.A).SelectSession(pair.B.Now));
    }

    public static void PreviousReceives(Pair pair)
    {
        pair.Connect();
        var late = pair.B.Seal(pair.B.PeerOf(pair.A), Pair.Packet("10.0.2.1", "10.0.1.1", 5))!;
        pair.Advance(121);
        pair.FromA();
        Assert.Single(pair.SentBy(pair.A, 1));

        Assert.Equal(DropCause.None, pair.A.Receive(late, pair.B.Endpoint));
        Assert.Single(pair.A.Delivered);
    }

    public static void RekeyAfterTime(Pair pair)
    {
        pair.Connect();
        pair.Advance(119);
        pair.FromA();
        pair.FromB();
        Assert.Empty(pair.SentBy(pair.A, 1));
        pair.Advance(1);
        pair.FromB();
        Assert.Empty(pair.SentBy(pair.B, 1));
        pair.FromA();
        Assert.Single(pair.SentBy(pair.A, 1));
    }

    public static void RejectAfterTime(Pair pair)
    {
        pair.Connect();
        var late = pair.A.Seal(pair.A.PeerOf(pair.B), Pair.Packet("10.0.1.1", "10.0.2.1", 5))!;
        pair.Clock.Advance(TimeSpan.FromSeconds(180));

        ConformanceTests.IsSilentlyDropped(pair, late, DropCause.Expired);
        Assert.Null(pair.A.Seal(pair.A.PeerOf(pair.B), [1]));
    }

    public static void GiveUp(Pair pair)
    {
        pair.Loses = (_, _) => true;
        pair.FromA();
        pair.Advance(120);

        Assert.Equal(19, pair.SentBy(pair.A, 1).Count());
        Assert.Equal(0, pair.A.PeerOf(pair.B).Staged.Count);
    }

    public static void Keepalive(Pair pair)
    {
        pair.Connect();
        pair.Advance(9.9);
        Assert.Empty(pair.SentBy(pair.B, 4));
        pair.Advance(0.1);
        Assert.Single(pair.SentBy(pair.B, 4));
    }

    public static void ZeroKeys(Pair pair)
    {
        pair.Connect();
        pair.Advance(540);
        Assert.Equal((0, 0), (pair.A.PeerOf(pair.B).SessionCount, pair.B.PeerOf(pair.A).SessionCount));
    }

    public static void PersistentKeepalive(Pair pair)
    {
        pair.Connect();
        pair.A.PeerOf(pair.B).SetPersistentKeepalive(TimeSpan.FromSeconds(25), pair.A.Now);
        pair.Advance(0);
        Assert.Single(pair.SentBy(pair.A, 4));
        pair.Advance(35); // B's keepalive after ten seconds restarts the interval.
        Assert.Equal(2, pair.SentBy(pair.A, 4).Count());
    }

    public static void Down(Pair pair)
    {
        pair.Connect();
        var late = pair.A.Seal(pair.A.PeerOf(pair.B), Pair.Packet("10.0.1.1", "10.0.2.1", 5))!;
        pair.Advance(6);
        var initiation = ConformanceTests.LostInitiation(pair);
        pair.B.PeerOf(pair.A).Staged.Add([1]);
        pair.B.Engine.Stop();

        ConformanceTests.IsSilentlyDropped(pair, late, DropCause.UnknownIndex);
        ConformanceTests.IsSilentlyDropped(pair, initiation, DropCause.NotRunning);
        Assert.Equal((0, 0), (pair.B.PeerOf(pair.A).Staged.Count, pair.B.Engine.Indices.Count));
    }

    public static void Removed(Pair pair)
    {
        pair.Connect();
        var peer = pair.B.PeerOf(pair.A);
        Assert.True(pair.B.Engine.RemovePeer(pair.A.Key));

        Assert.Equal(0, pair.B.Engine.Indices.Count);
        Assert.Empty(pair.B.Engine.AllowedIps.PrefixesOf(peer));
        Assert.Equal(TimeSpan.MaxValue, pair.B.Engine.NextDue);
        Assert.Equal(0, peer.SessionCount);
    }
}
