using Overlay.Linux.Interop;
using Overlay.WireGuard.Device.DataPath;
using Overlay.WireGuard.Device.Offload;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>Two packet paths joined by twins of their doors, on a clock that stands still.</summary>
public sealed class DataPathTests : IDisposable
{
    private static readonly FlowPackets _tcp = new(IsIPv6: false, IsTcp: true, TrafficClass: 2);

    private readonly Pair _pair = new();
    private readonly PlaneEnd _a;
    private readonly PlaneEnd _b;

    public DataPathTests()
    {
        _a = new PlaneEnd(_pair.A, "192.0.2.1", _pair.Clock);
        _b = new PlaneEnd(_pair.B, "192.0.2.2", _pair.Clock);
        (_a.Udp.Other, _b.Udp.Other) = (_b.Udp, _a.Udp);
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _pair.Dispose();
    }

    [Fact]
    public void Transmit_SuperPacket_ArrivesWholeAndInOneTrain()
    {
        _pair.Connect();
        var payload = SegmenterTests.Payload(45 * 1368, 3);
        _a.Tun.ToRead.Add(SuperPacket(payload));

        _a.Transmit();
        _b.Receive();

        Assert.Equal(_tcp.Cut(payload, 1368, 9, 9, 0x18), _b.Delivered());
        Assert.Single(_b.Tun.Written);
        var train = Assert.Single(_a.Udp.Sent);
        Assert.Equal((45, 2), (train.Count, train.TrafficClass)); // The congestion mark is on the outside too, and DSCP is not.
    }

    /// <summary>Segments that are padded lie before others in the same buffer.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(100)]
    [InlineData(1353)]
    public void Transmit_SegmentsThatArePadded_ArriveAsTheyAre(int size)
    {
        _pair.Connect();
        var payload = SegmenterTests.Payload(30 * size, size);
        _a.Tun.ToRead.Add(SuperPacket(payload, size));

        _a.Transmit();
        _b.Receive();

        Assert.Equal(_tcp.Cut(payload, size, 9, 9, 0x18), _b.Delivered());
    }

    [Fact]
    public void Transmit_SmallPackets_LeaveInOneCall()
    {
        _pair.Connect();
        var packets = Datagrams(60);
        _a.Tun.ToRead.AddRange(packets.Select(packet => PlaneEnd.Frame(packet)));

        _a.Transmit();
        _b.Receive();

        Assert.Equal(packets, _b.Delivered());
        Assert.Equal(60, Assert.Single(_a.Udp.Sent).Count);
        Assert.Single(_b.Tun.Written);
    }

    [Fact]
    public void Transmit_WithoutSession_WaitsAndLeavesInOrder()
    {
        var packets = Datagrams(50);
        _a.Tun.ToRead.AddRange(packets[..30].Select(packet => PlaneEnd.Frame(packet)));
        _a.Transmit();
        Assert.Contains(PeerActions.SendInitiation, _a.TakeActions());
        Assert.Empty(_a.Udp.Sent);

        // The handshake is the node's; what waits is sent before what comes now.
        var peer = _pair.A.PeerOf(_pair.B);
        var held = Take(peer);
        _pair.A.Do(peer, PeerActions.SendInitiation);
        held.ForEach(packet => peer.Staged.Add(packet));
        _a.Tun.ToRead.AddRange(packets[30..].Select(packet => PlaneEnd.Frame(packet)));
        _a.Transmit();
        _b.Receive();

        Assert.Equal(packets, _b.Delivered());
        Assert.False(peer.Staged.IsWaiting);
    }

    [Fact]
    public void Send_SourceAddressIsGone_IsTriedAgainWithoutIt()
    {
        _pair.Connect();
        var peer = _pair.A.PeerOf(_pair.B);
        peer.SetEndpoint(_pair.B.Endpoint with { LocalAddress = _a.Udp.Address, LocalInterface = 2 });
        _a.Udp.Errors.Enqueue(Uapi.EINVAL);
        _a.Tun.ToRead.Add(PlaneEnd.Frame(Datagrams(1)[0]));

        _a.Transmit();
        _b.Receive();

        Assert.Single(_b.Delivered());
        Assert.Equal([false, true], _a.Udp.Sent.Select(sent => sent.Path.Local.IsNone));
        Assert.False(peer.Endpoint!.Value.HasSource);
    }

    [Fact]
    public void Receive_BadDatagrams_AreDroppedAndCountedAndTheRestArrives()
    {
        _pair.Connect();
        var packets = Datagrams(9);
        _a.Tun.ToRead.AddRange(packets.Select(packet => PlaneEnd.Frame(packet)));
        var before = Enum.GetValues<DropCause>().ToDictionary(cause => cause, cause => _pair.B.Engine.Drops[cause]);
        _a.Transmit();
        Feed(new byte[3], new byte[200], [4, 0, 0, 0, 9, 9, 9, 9, .. new byte[24]], []);
        _b.Receive();
        Replay();

        long Dropped(DropCause cause) => _pair.B.Engine.Drops[cause] - before[cause];
        Assert.Equal(packets, _b.Delivered());
        Assert.Equal(3, Dropped(DropCause.Malformed));
        Assert.Equal(1, Dropped(DropCause.UnknownIndex));
        Assert.Equal(9, Dropped(DropCause.Replayed));

        void Replay()
        {
            // The same counters again: a session that begins anew from zero.
            _pair.A.PeerOf(_pair.B).SelectSession(_pair.A.Now)!.SkipTo(1);
            _a.Tun.Rewind();
            _a.Transmit();
            _b.Receive();
        }
    }

    [Fact]
    public void Transmit_NobodysPacket_IsAnsweredByIcmp()
    {
        var packet = Datagrams(1)[0];
        packet[16] = 99;
        _a.Tun.ToRead.Add(PlaneEnd.Frame(packet));

        _a.Transmit();

        Assert.Equal([3, 1], Assert.Single(_a.Delivered())[20..22]);
        Assert.Equal(1, _pair.A.Engine.Drops[DropCause.NotAllowed]);
    }

    [Fact]
    public void Path_InSteadyState_AllocatesNothing()
    {
        _pair.Connect();
        (_a.Tun.Keeps, _b.Tun.Keeps) = (false, false);
        _a.Tun.ToRead.Add(SuperPacket(SegmenterTests.Payload(45 * 1368, 3)));
        _a.Tun.ToRead.AddRange(Datagrams(100).Select(packet => PlaneEnd.Frame(packet)));
        void Run(int times)
        {
            for (var i = 0; i < times; i++)
            {
                _a.Tun.Rewind();
                _a.Transmit();
                _b.Receive();
            }
        }

        Run(200); // Until everything is compiled for good.
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(200);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>A train of two peers that share an address: each datagram is its own peer's.</summary>
    [Fact]
    public void Receive_TrainOfTwoPeers_GivesEachItsOwn()
    {
        using var other = new Node("192.0.2.1", 3, _pair.Clock);
        Node.Introduce(other, _pair.B, leftPrefix: "10.0.3.0/24");
        _pair.Connect();
        other.Sent = (_, datagram) => _pair.B.Receive(datagram, other.Endpoint);
        _pair.B.Sent = (_, datagram) => other.Receive(datagram, _pair.B.Endpoint);
        other.Transmit(Pair.Packet("10.0.3.1", "10.0.2.1", 20));
        byte[][] packets = [Pair.Packet("10.0.1.1", "10.0.2.1", 40), Pair.Packet("10.0.3.1", "10.0.2.1", 40), Pair.Packet("10.0.1.1", "10.0.2.1", 41)];
        byte[] train =
        [
            .. _pair.A.Seal(_pair.A.PeerOf(_pair.B), packets[0])!, .. other.Seal(other.PeerOf(_pair.B), packets[1])!, .. _pair.A.Seal(_pair.A.PeerOf(_pair.B), packets[2])!,
        ];
        var before = (_pair.B.PeerOf(_pair.A).ReceivedBytes, _pair.B.PeerOf(other).ReceivedBytes);

        _a.Udp.Send(new OutgoingDatagrams { Bytes = train, SegmentSize = train.Length / 3, Path = default });
        _b.Receive();

        Assert.Equal(packets, _b.Delivered());
        Assert.Equal(2 * train.Length / 3, _pair.B.PeerOf(_pair.A).ReceivedBytes - before.Item1);
        Assert.Equal(train.Length / 3, _pair.B.PeerOf(other).ReceivedBytes - before.Item2);
    }

    /// <summary>A sender that never lets the queue run empty does not keep a session alive for ever.</summary>
    [Fact]
    public async Task Run_QueueIsNeverEmpty_TimeGoesOn()
    {
        _pair.Connect();
        using var tun = new EndlessTun(PlaneEnd.Frame(Datagrams(1)[0]));
        using var thread = new QueueThread(_a.Plane, 0, tun, new Outbound(_a.Plane, _a.Train, new Unreachable(tun)), () => { });
        _a.Udp.Keeps = false;

        _pair.Clock.Advance(TimeSpan.FromSeconds(181));

        var peer = _pair.A.PeerOf(_pair.B);
        await TestKit.Agents.Deadline.UntilAsync(() => peer.Staged.Count > 0, () => "the old session is still in use", TestContext.Current.CancellationToken, 30);
    }

    /// <summary>One thread carries both directions of a queue, until both carry much; and again afterwards.</summary>
    [Fact]
    public async Task Run_BothDirectionsCarryMuch_AreSeparatedMeanwhile()
    {
        _pair.Connect();
        using var tun = new EndlessTun(PlaneEnd.Frame(Datagrams(1)[0]));
        using var udp = new EndlessUdp(datagrams: 45);
        using var receiver = Serve(udp);
        using var thread = new QueueThread(_a.Plane, 0, tun, new Outbound(_a.Plane, _a.Train, new Unreachable(tun)), () => { });

        await TestKit.Agents.Deadline.UntilAsync(() => receiver.IsSeparate, () => "one thread does all", TestContext.Current.CancellationToken, 30);
        var trains = receiver.Trains;
        await TestKit.Agents.Deadline.UntilAsync(() => receiver.Trains > trains + 1000, () => "nothing is received", TestContext.Current.CancellationToken, 30);
        udp.End();
        await TestKit.Agents.Deadline.UntilAsync(() => !receiver.IsSeparate, () => "they stay apart", TestContext.Current.CancellationToken, 30);
    }

    /// <summary>The receivers are gone a moment before the sockets are, and what was counted says that both directions carry much.</summary>
    [Fact]
    public async Task Run_InterfaceGoesDownWhileBothDirectionsCarryMuch_GoesOn()
    {
        _pair.Connect();
        using var tun = new EndlessTun(PlaneEnd.Frame(Datagrams(1)[0]));
        using var udp = new EndlessUdp(datagrams: 45);
        using var receiver = Serve(udp);
        var turns = 0;
        udp.Receiving = () =>
        {
            if (++turns == 40)
            {
                _a.Plane.Receivers = [];
            }
        };
        using var thread = new QueueThread(_a.Plane, 0, tun, new Outbound(_a.Plane, _a.Train, new Unreachable(tun)), () => { });

        await TestKit.Agents.Deadline.UntilAsync(() => turns == 40 && thread.Frames > 45 * 200, () => $"{thread.Frames} frames", TestContext.Current.CancellationToken, 30);
    }

    /// <summary>The socket is closed after it was looked up: its successor is there already.</summary>
    [Fact]
    public void Transmit_PortChangesAtThisMoment_LeavesByTheNewSocket()
    {
        _pair.Connect();
        _a.Plane.Sockets = [new SocketPair(new ClosingUdp(() => _a.Plane.Sockets = [new SocketPair(_a.Udp, null)]), null)];
        _a.Tun.ToRead.Add(PlaneEnd.Frame(Datagrams(1)[0]));

        _a.Transmit();
        _b.Receive();

        Assert.Single(_b.Delivered());
    }

    [Fact]
    public void Transmit_SocketIsClosedAndNoOtherThere_IsCounted()
    {
        _pair.Connect();
        _a.Plane.Sockets = [new SocketPair(new ClosingUdp(() => { }), null)];
        _a.Tun.ToRead.Add(PlaneEnd.Frame(Datagrams(1)[0]));

        _a.Transmit();

        Assert.Equal(1, _pair.A.PeerOf(_pair.B).Drops[DropCause.NotSent]);
    }

    /// <summary>A stream of packets, and the acknowledgements that come against it.</summary>
    [Fact]
    public async Task Run_OneDirectionCarriesMuch_StayTogether()
    {
        _pair.Connect();
        using var tun = new EndlessTun(PlaneEnd.Frame(Datagrams(1)[0]));
        using var udp = new EndlessUdp(datagrams: 2);
        using var receiver = Serve(udp);
        using var thread = new QueueThread(_a.Plane, 0, tun, new Outbound(_a.Plane, _a.Train, new Unreachable(tun)), () => { });

        await TestKit.Agents.Deadline.UntilAsync(() => receiver.Trains > 1000, () => "nothing is received", TestContext.Current.CancellationToken, 30);

        Assert.False(receiver.IsSeparate);
        Assert.True(thread.Frames > 1000, $"{thread.Frames} frames");
    }

    [Fact]
    public void TryAdd_QueueIsFull_DropsAndKeepsTheOldest()
    {
        var queue = new HandshakeQueue(capacity: 2);
        var path = new DatagramPath(_a.Udp.Address, 1, 0, default, 0);
        Assert.True(queue.TryAdd([1], path, out var isFirst) && isFirst);
        Assert.True(queue.TryAdd([2], path, out isFirst) && !isFirst);
        Assert.False(queue.TryAdd([3], path, out _));
        Assert.False(queue.TryAdd(new byte[HandshakeQueue.MessageSize + 1], path, out _));

        var message = new byte[HandshakeQueue.MessageSize];
        Assert.True(queue.TryTake(message, out var length, out _) && length == 1 && message[0] == 1);
        Assert.True(queue.TryTake(message, out length, out _) && message[0] == 2);
        Assert.False(queue.TryTake(message, out _, out _));
    }

    private Receiver Serve(EndlessUdp udp)
    {
        var inbound = new Inbound(_a.Plane, new SuperPacket(new TunSink([_a.Tun], _pair.A.Engine), joinsTcp: true, joinsUdp: true));
        var receiver = new Receiver(_a.Plane, 0, new SocketPair(udp, null), inbound);
        _a.Plane.Receivers = [receiver];
        _a.Plane.Sockets = [new SocketPair(udp, null)];
        return receiver;
    }

    private static byte[] SuperPacket(byte[] payload, int size = 1368) => PlaneEnd.Frame(
        _tcp.Create(payload, 9, 9, 0x18),
        new VirtioHeader(VirtioHeader.NeedsChecksum, VirtioSegmentation.TcpIPv4, (ushort)_tcp.HeaderLength, (ushort)size, 20, 16));

    private static List<byte[]> Datagrams(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new FlowPackets(false, false).Create(SegmenterTests.Payload(64, i), 0, (ushort)i))];

    private static List<byte[]> Take(Peer peer)
    {
        var packets = new List<byte[]>();
        while (peer.Staged.TryTake(out var packet))
        {
            packets.Add(packet.Bytes.ToArray());
            packet.Dispose();
        }

        peer.Staged.Settle();
        return packets;
    }

    private void Feed(params byte[][] datagrams)
    {
        foreach (var datagram in datagrams)
        {
            _a.Udp.Send(new OutgoingDatagrams { Bytes = datagram, SegmentSize = Math.Max(1, datagram.Length), Path = default });
        }
    }
}
