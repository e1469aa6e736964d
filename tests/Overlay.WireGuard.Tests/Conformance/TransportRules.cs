using Overlay.Core.Addressing;
using Overlay.WireGuard.Protocol.Packets;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Conformance;

/// <summary>Points 10 to 12, 15 to 18 and 22.</summary>
internal static class TransportRules
{
    public static void ForgedDoesNotMoveTheWindow(Pair pair)
    {
        pair.Connect();
        var genuine = Seal(pair);
        var forged = genuine.ToArray();
        forged[14] = 1; // A counter far ahead.

        ConformanceTests.IsSilentlyDropped(pair, forged, DropCause.Forged);
        Assert.Equal(DropCause.None, pair.B.Receive(genuine, pair.A.Endpoint));
    }

    public static void Replay(Pair pair)
    {
        pair.Connect();
        var session = pair.A.PeerOf(pair.B).SelectSession(pair.A.Now)!;
        var (first, second) = (Seal(pair), Seal(pair));
        var copy = second.ToArray();
        session.SkipTo(session.NextCounter - 1 + 8128);
        Assert.Equal(DropCause.None, pair.B.Receive(Seal(pair), pair.A.Endpoint));

        Assert.Equal(DropCause.None, pair.B.Receive(second, pair.A.Endpoint)); // 8,128 behind.
        ConformanceTests.IsSilentlyDropped(pair, copy, DropCause.Replayed);
        ConformanceTests.IsSilentlyDropped(pair, first, DropCause.Replayed); // 8,129 behind.
    }

    public static void InnerLength(Pair pair)
    {
        pair.Connect();
        var packet = Pair.Packet("10.0.1.1", "10.0.2.1", 12);
        packet[3] = 33; // One more than there are.
        ConformanceTests.IsSilentlyDropped(pair, pair.A.Seal(pair.A.PeerOf(pair.B), packet)!, DropCause.NotIp);
        packet[0] = 0x55;
        ConformanceTests.IsSilentlyDropped(pair, pair.A.Seal(pair.A.PeerOf(pair.B), packet)!, DropCause.NotIp);
    }

    public static void Trimmed(Pair pair)
    {
        pair.FromA(1);
        Assert.Equal(21, pair.B.Delivered.Single().Length);
        Assert.Equal(32 + 32, pair.SentBy(pair.A, 4).Single().Length);
    }

    public static void SpoofedSource(Pair pair)
    {
        pair.Connect();
        ConformanceTests.IsSilentlyDropped(pair, pair.A.Seal(pair.A.PeerOf(pair.B), Pair.Packet("10.0.3.1", "10.0.2.1", 4))!, DropCause.NotAllowed);
    }

    public static void Roaming(Pair pair)
    {
        pair.Connect();
        var elsewhere = pair.A.Endpoint with { Port = 1234, LocalAddress = InetAddress.Parse("192.0.2.2"), LocalInterface = 3 };
        var (genuine, copy) = (Seal(pair), Array.Empty<byte>());
        copy = genuine.ToArray();
        var peer = pair.B.PeerOf(pair.A);

        Assert.Equal(DropCause.None, pair.B.Receive(genuine, elsewhere));
        Assert.Equal(elsewhere, peer.Endpoint);
        ConformanceTests.IsSilentlyDropped(pair, copy, DropCause.Replayed);
        var forged = Seal(pair);
        forged[^1] ^= 1;
        ConformanceTests.IsSilentlyDropped(pair, forged, DropCause.Forged);
        Assert.Equal(elsewhere, peer.Endpoint);

        peer.ForgetSource();
        Assert.Equal(elsewhere.WithoutSource(), peer.Endpoint);
    }

    public static void PaddedLengths(Pair pair)
    {
        pair.A.Mtu = 1420;
        foreach (var (content, sealedLength) in new[] { (0, 32), (12, 32), (13, 48), (1388, 1408), (1389, 1420), (1400, 1420) })
        {
            pair.FromA(content);
            Assert.Equal(sealedLength + 32, pair.SentBy(pair.A, 4).Last().Length);
        }
    }

    public static void Staging(Pair pair)
    {
        pair.Loses = (_, _) => true;
        for (var i = 0; i < 200; i++)
        {
            pair.FromA(i);
        }

        pair.Loses = (_, _) => false;
        pair.Advance(6);
        Assert.Equal(Enumerable.Range(72, 128), pair.B.Delivered.Select(packet => packet.Length - 20));
        Assert.Equal(72, pair.A.PeerOf(pair.B).Drops[DropCause.NoSession]);
    }

    public static void NoPeer(Pair pair)
    {
        pair.A.Transmit(Pair.Packet("10.0.1.1", "10.0.9.1", 4));
        Assert.Empty(pair.Log);
    }

    public static void OneOwner(Pair pair)
    {
        var other = pair.A.Engine.GetOrAddPeer(new Protocol.Keys.PublicKey(Enumerable.Repeat((byte)9, 32).ToArray()), pair.A.Now)!;
        pair.A.Engine.AllowedIps.Set(InetPrefix.Parse("10.0.2.0/24"), other);
        Assert.Same(other, pair.A.Engine.AllowedIps.Find(InetAddress.Parse("10.0.2.1")));
        Assert.Empty(pair.A.Engine.AllowedIps.PrefixesOf(pair.A.PeerOf(pair.B)));
    }

    public static void Congestion(Pair pair)
    {
        var peer = pair.B.PeerOf(pair.A);
        var packet = Pair.Packet("10.0.1.1", "10.0.2.1", 4);
        Assert.Equal(DropCause.Congestion, pair.B.Engine.Inspect(peer, packet, 3, out _));
        packet[1] = 2;
        Assert.Equal(DropCause.None, pair.B.Engine.Inspect(peer, packet, 3, out _));
        Assert.Equal(3, packet[1]);
        Assert.Equal(0x88, Ecn.HandshakeTrafficClass);
    }

    public static void Counters(Pair pair)
    {
        pair.FromA(44);
        Assert.Equal(148 + 64 + 32, pair.A.PeerOf(pair.B).SentBytes);
        Assert.Equal(92, pair.A.PeerOf(pair.B).ReceivedBytes);
    }

    private static byte[] Seal(Pair pair) => pair.A.Seal(pair.A.PeerOf(pair.B), Pair.Packet("10.0.1.1", "10.0.2.1", 5))!;
}
