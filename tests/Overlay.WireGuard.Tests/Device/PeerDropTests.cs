using Overlay.Core.Addressing;
using Overlay.Linux.Interop;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>A drop is its peer's where that is known, and its device's always.</summary>
public sealed class PeerDropTests : IDisposable
{
    private readonly Pair _pair = new();
    private readonly PlaneEnd _a;
    private readonly PlaneEnd _b;
    private readonly Peer _peerOfA;
    private readonly Peer _peerOfB;

    public PeerDropTests()
    {
        _a = new PlaneEnd(_pair.A, "192.0.2.1", _pair.Clock);
        _b = new PlaneEnd(_pair.B, "192.0.2.2", _pair.Clock);
        (_a.Udp.Other, _b.Udp.Other) = (_b.Udp, _a.Udp);
        (_peerOfA, _peerOfB) = (_pair.A.PeerOf(_pair.B), _pair.B.PeerOf(_pair.A));
        _pair.Connect();
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _pair.Dispose();
    }

    [Fact]
    public void Receive_MessagesOfASession_AreItsPeers()
    {
        var good = Seal("10.0.1.1");
        var forged = Seal("10.0.1.1");
        forged[^1] ^= 1;
        Deliver(good, good, good, forged, Seal("10.0.9.9"), [4, 0, 0, 0, 9, 9, 9, 9, .. new byte[24]], new byte[3]);
        _pair.Clock.Advance(TimeSpan.FromSeconds(181));
        Deliver(good);

        Assert.Single(_b.Delivered());
        AssertDrops(_peerOfB, _pair.B, [(DropCause.Replayed, 2), (DropCause.Forged, 1), (DropCause.NotAllowed, 1), (DropCause.Expired, 1)]);
        Assert.Equal(1, _pair.B.Engine.Drops[DropCause.UnknownIndex]);
        Assert.Equal(1, _pair.B.Engine.Drops[DropCause.Malformed]);
    }

    [Fact]
    public void Receive_InterfaceRefuses_IsThePeersWhosePacketItWas()
    {
        _b.Tun.WriteError = Uapi.EIO;

        Deliver(Seal("10.0.1.1"));

        AssertDrops(_peerOfB, _pair.B, [(DropCause.NotDelivered, 1)]);
    }

    [Fact]
    public void ReceiveHandshake_RepeatedOrForged_IsThePeersThatItNames()
    {
        _pair.Clock.Advance(TimeSpan.FromSeconds(10));
        _pair.A.Do(_peerOfA, PeerActions.SendInitiation);
        var initiation = Assert.Single(_pair.SentBy(_pair.A, 1));
        var response = Assert.Single(_pair.SentBy(_pair.B, 2));

        _pair.B.Receive(initiation, _pair.A.Endpoint);
        initiation[^40] ^= 1; // Within the timestamp; then MAC1 is wrong too, and whose it is stays unknown.
        _pair.B.Receive(initiation, _pair.A.Endpoint);
        _pair.A.Receive(response, _pair.B.Endpoint);

        AssertDrops(_peerOfB, _pair.B, [(DropCause.Replayed, 1)]);
        Assert.Equal(1, _pair.B.Engine.Drops[DropCause.WrongMac1]);
        AssertDrops(_peerOfA, _pair.A, []);
        Assert.Equal(1, _pair.A.Engine.Drops[DropCause.UnknownIndex]);
    }

    [Fact]
    public void Transmit_NetworkRefusesSomeOfATrain_AreCountedAlone()
    {
        _a.Udp.Errors.Enqueue(Uapi.EPERM);
        _a.Udp.Refuses = 2;

        Transmit([.. Enumerable.Repeat(Pair.Packet("10.0.1.1", "10.0.2.1", 40), 5)]);

        AssertDrops(_peerOfA, _pair.A, [(DropCause.NotSent, 2)]);
    }

    /// <summary>The others of the train have left.</summary>
    [Fact]
    public void Transmit_SomeRefusedForTheirSource_AreNotAllSentAgain()
    {
        _peerOfA.SetEndpoint(_pair.B.Endpoint with { LocalAddress = _a.Udp.Address, LocalInterface = 2 });
        _a.Udp.Errors.Enqueue(Uapi.EINVAL);
        _a.Udp.Refuses = 1;

        Transmit([.. Enumerable.Repeat(Pair.Packet("10.0.1.1", "10.0.2.1", 40), 5)]);

        Assert.Single(_a.Udp.Sent);
        AssertDrops(_peerOfA, _pair.A, [(DropCause.NotSent, 1)]);
    }

    [Fact]
    public void Transmit_ThatCannotLeave_IsThePeersThatItWasFor()
    {
        var unknown = Pair.Packet("10.0.1.1", "10.0.77.1", 40);
        var loop = Pair.Packet("10.0.1.1", "10.0.2.1", 40);
        (loop[8], loop[9], loop[28]) = (3, 17, 4);
        loop.AsSpan(29, 3).Clear();
        var lost = _pair.A.Engine.GetOrAddPeer(new Protocol.Keys.PublicKey(Enumerable.Repeat((byte)9, 32).ToArray()), _pair.A.Now)!;
        _pair.A.Engine.AllowedIps.Set(InetPrefix.Parse("10.0.3.0/24"), lost);

        Transmit(unknown, loop, Pair.Packet("10.0.1.1", "10.0.3.1", 40), Pair.Packet("10.0.1.1", "10.0.3.1", 40));

        AssertDrops(_peerOfA, _pair.A, [(DropCause.RoutingLoop, 1)]);
        AssertDrops(lost, _pair.A, [(DropCause.NoEndpoint, 2)]);
        Assert.Equal(1, _pair.A.Engine.Drops[DropCause.NotAllowed]);
    }

    [Fact]
    public void Transmit_WaitsForASessionInVain_IsThePeers_AndStaysTheDevicesWithoutIt()
    {
        _pair.Clock.Advance(TimeSpan.FromSeconds(200));
        Transmit([.. Enumerable.Repeat(Pair.Packet("10.0.1.1", "10.0.2.1", 40), 130)]);
        AssertDrops(_peerOfA, _pair.A, [(DropCause.NoSession, 2)]);

        _pair.A.Engine.RemovePeer(_pair.B.Key);

        Assert.Equal(130, _pair.A.Engine.Drops[DropCause.NoSession]);
    }

    private static void AssertDrops(Peer peer, Node node, (DropCause, long)[] expected)
    {
        Assert.Equal(expected.Order(), Enum.GetValues<DropCause>().Where(cause => peer.Drops[cause] > 0).Select(cause => (cause, peer.Drops[cause])).Order());
        Assert.All(expected, drop => Assert.Equal(drop.Item2, node.Engine.Drops[drop.Item1]));
    }

    private byte[] Seal(string source)
    {
        var message = _pair.A.Seal(_peerOfA, Pair.Packet(source, "10.0.2.1", 40))!;
        Assert.True(TransportMessage.TryRead(message, out _));
        return message;
    }

    private void Deliver(params byte[][] datagrams)
    {
        foreach (var datagram in datagrams)
        {
            _a.Udp.Send(new OutgoingDatagrams { Bytes = datagram, SegmentSize = datagram.Length, Path = default });
        }

        _b.Receive();
    }

    private void Transmit(params byte[][] packets)
    {
        _a.Tun.ToRead.AddRange(packets.Select(packet => PlaneEnd.Frame(packet)));
        _a.Transmit();
    }
}
