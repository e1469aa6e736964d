using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Conformance;

/// <summary>Points 3, 4, 5 and 14.</summary>
internal static class HandshakeRules
{
    public static void TimestampOnce(Pair pair)
    {
        pair.FromA();
        var initiation = pair.SentBy(pair.A, 1).Single();
        pair.Advance(1000); // All sessions are long gone.

        ConformanceTests.IsSilentlyDropped(pair, initiation, DropCause.Replayed);
    }

    public static void FloodLimit(Pair pair)
    {
        var first = ConformanceTests.LostInitiation(pair);
        pair.Clock.Advance(TimeSpan.FromSeconds(5));
        var second = ConformanceTests.LostInitiation(pair);
        pair.Clock.Advance(TimeSpan.FromSeconds(5));
        var third = ConformanceTests.LostInitiation(pair);

        Assert.Equal(DropCause.None, pair.B.Receive(first, pair.A.Endpoint));
        ConformanceTests.IsSilentlyDropped(pair, second, DropCause.Flood);
        pair.Clock.Advance(TimeSpan.FromMilliseconds(20));
        Assert.Equal(DropCause.None, pair.B.Receive(third, pair.A.Endpoint));
    }

    public static void Timestamps(Pair pair)
    {
        var moment = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMilliseconds(999.9);
        var label = Tai64N.From(moment);
        var bytes = new byte[12];
        label.Write(bytes);

        // 2026-01-01 is 1,767,225,600 seconds after 1970; TAI64 adds 2^62 + 10. The nanoseconds keep their upper bits only.
        Assert.Equal("40000000" + "6955b90a", Convert.ToHexStringLower(bytes.AsSpan(0, 8)));
        Assert.Equal(0, bytes[11] | bytes[10] | bytes[9]);
        Assert.Equal(label, Tai64N.Read(bytes));
        Assert.Equal(label, Tai64N.From(moment.AddMilliseconds(-3)));
        Assert.True(label.Next() > label);
        Assert.True(label.Next().CompareTo(Tai64N.From(moment.AddMilliseconds(17))) <= 0);

        // No time passes, yet the second initiation is newer than the first.
        var first = ConformanceTests.LostInitiation(pair);
        pair.A.Engine.Stop();
        pair.A.Engine.Start(pair.A.Now);
        var second = ConformanceTests.LostInitiation(pair);
        Assert.Equal(DropCause.None, pair.B.Receive(first, pair.A.Endpoint));
        pair.Clock.Advance(TimeSpan.FromMilliseconds(20));
        Assert.Equal(DropCause.None, pair.B.Receive(second, pair.A.Endpoint));
    }

    public static void LowOrderPeer(Pair pair)
    {
        var peer = pair.A.Engine.GetOrAddPeer(new PublicKey(new byte[32]), pair.A.Now)!;
        peer.SetEndpoint(pair.B.Endpoint);

        Assert.Equal(PeerActions.SendInitiation, peer.WantSession(pair.A.Now));
        Assert.False(peer.TryCreateInitiation(new byte[148], pair.A.Now));
        Assert.Equal(0, pair.A.Engine.Indices.Count);
    }

    public static void OwnKey(Pair pair)
    {
        Assert.Null(pair.A.Engine.GetOrAddPeer(pair.A.Key, pair.A.Now));

        var key = PrivateKey.Generate();
        pair.A.Engine.GetOrAddPeer(key.PublicKey, pair.A.Now);
        pair.A.Engine.SetPrivateKey(key);
        Assert.Null(pair.A.Engine.FindPeer(key.PublicKey));
    }

    public static void NewPrivateKey(Pair pair)
    {
        pair.Connect();
        var late = pair.B.Seal(pair.B.PeerOf(pair.A), Pair.Packet("10.0.2.1", "10.0.1.1", 5))!;
        pair.A.Engine.SetPrivateKey(PrivateKey.Generate());

        Assert.Null(pair.A.PeerOf(pair.B).SelectSession(pair.A.Now));
        Assert.Equal(DropCause.None, pair.A.Receive(late, pair.B.Endpoint));
    }

    public static void ClampedKey(Pair pair)
    {
        var exported = new byte[32];
        pair.A.Engine.SetPrivateKey(PrivateKey.Import(Enumerable.Repeat((byte)0xFF, 32).ToArray()));

        Assert.True(pair.A.Engine.TryExportPrivateKey(exported));
        Assert.Equal((0xF8, 0x7F), (exported[0], exported[31]));
    }

    public static void ZeroPresharedKey(Pair pair)
    {
        pair.A.PeerOf(pair.B).SetPresharedKey(PresharedKey.Import(new byte[32]));
        pair.Connect();
    }

    public static void Cookie(Pair pair)
    {
        pair.B.IsUnderLoad = true;
        pair.FromA();
        Assert.Equal([1, 3], pair.Log.Select(entry => (int)entry.Datagram[0]));
        pair.Advance(5.4);
        Assert.Single(pair.B.Delivered);
    }

    public static void RateLimit(Pair pair)
    {
        pair.B.IsUnderLoad = true;
        pair.FromA();
        pair.Loses = (_, _) => true;
        pair.Advance(5.4);
        var withCookie = pair.SentBy(pair.A, 1).Last();

        var causes = Enumerable.Range(0, 7).Select(_ => pair.B.Receive(withCookie, pair.A.Endpoint)).ToArray();

        Assert.Equal(
            [DropCause.None, DropCause.Replayed, DropCause.Replayed, DropCause.Replayed, DropCause.Replayed, DropCause.RateLimited, DropCause.RateLimited], causes);
    }
}
