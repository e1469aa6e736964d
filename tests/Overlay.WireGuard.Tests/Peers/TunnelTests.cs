using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Peers;

/// <summary>Two engines and an ideal network.</summary>
public sealed class TunnelTests
{
    [Fact]
    public void Transmit_NoSessionYet_HandshakesAndDeliversThePacket()
    {
        using var pair = new Pair();

        pair.FromA();

        Assert.Equal(Pair.Packet("10.0.1.1", "10.0.2.1", 20), Assert.Single(pair.B.Delivered));
        Assert.Equal([1, 2, 4], pair.Log.Select(entry => (int)entry.Datagram[0]));
        Assert.NotNull(pair.A.PeerOf(pair.B).LastHandshake);
        Assert.NotNull(pair.B.PeerOf(pair.A).LastHandshake);
    }

    [Fact]
    public void Transmit_BothDirections_DeliversInOrder()
    {
        using var pair = new Pair();
        for (var i = 0; i < 100; i++)
        {
            pair.FromA(i);
            pair.FromB(i);
        }

        Assert.Equal(Enumerable.Range(0, 100), pair.A.Delivered.Select(packet => packet.Length - 20));
        Assert.Equal(Enumerable.Range(0, 100), pair.B.Delivered.Select(packet => packet.Length - 20));
        Assert.Single(pair.SentBy(pair.A, 1));
        Assert.Empty(pair.SentBy(pair.B, 1));
    }

    [Fact]
    public void Transmit_BothBeginAtOnce_HaveASessionWithoutARetry()
    {
        using var pair = new Pair();
        var held = new List<(Node From, byte[] Datagram)>();
        pair.Loses = (from, datagram) =>
        {
            held.Add((from, datagram));
            return true;
        };
        pair.FromA();
        pair.FromB();
        pair.Loses = (_, _) => false;

        pair.B.Receive(held[0].Datagram, pair.A.Endpoint);
        pair.A.Receive(held[1].Datagram, pair.B.Endpoint);

        Assert.Single(pair.A.Delivered);
        Assert.Single(pair.B.Delivered);
        pair.FromA();
        pair.FromB();
        Assert.Equal((2, 2), (pair.A.Delivered.Count, pair.B.Delivered.Count));
    }

    [Fact]
    public void Transmit_TheSameMixedLibraries_Interoperate()
    {
        var vault = new KeyVault();
        using var pair = new Pair(new SystemAead(new NSecAead(vault)));
        pair.FromA(1400);
        pair.FromB(1400);

        Assert.Single(pair.A.Delivered);
        Assert.Single(pair.B.Delivered);
    }

    [Fact]
    public void PresharedKey_SameOnBothEnds_Connects()
    {
        using var pair = new Pair();
        pair.A.PeerOf(pair.B).SetPresharedKey(PresharedKey.Import(new byte[32].Select((_, i) => (byte)i).ToArray()));
        pair.B.PeerOf(pair.A).SetPresharedKey(PresharedKey.Import(new byte[32].Select((_, i) => (byte)i).ToArray()));

        pair.FromA();

        Assert.Single(pair.B.Delivered);
    }

    [Fact]
    public void PresharedKey_OnOneEndOnly_NothingIsDelivered()
    {
        using var pair = new Pair();
        pair.A.PeerOf(pair.B).SetPresharedKey(PresharedKey.Import(new byte[32].Select((_, i) => (byte)i).ToArray()));

        pair.FromA();

        Assert.Empty(pair.B.Delivered);
        Assert.Equal(1, pair.A.Engine.Drops[Protocol.Peers.DropCause.Forged]);
    }

    [Fact]
    public void Counters_Handshake_CountWholeMessages()
    {
        using var pair = new Pair();
        pair.FromA(64); // 84 bytes, padded to 96

        Assert.Equal(148 + 96 + 32, pair.A.PeerOf(pair.B).SentBytes);
        Assert.Equal(148 + 96 + 32, pair.B.PeerOf(pair.A).ReceivedBytes);
        Assert.Equal(92, pair.A.PeerOf(pair.B).ReceivedBytes);
        Assert.Equal(92, pair.B.PeerOf(pair.A).SentBytes);
    }
}
