using CsCheck;

using Overlay.WireGuard.Device.Offload;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>What is joined must be, when the kernel cuts it again, what came: the same packets, in the same order, byte for byte.</summary>
public sealed class SuperPacketTests
{
    private static readonly byte[] _lastFlags = [0x10, 0x18, 0x11, 0x90];

    private static readonly FlowPackets[] _flows =
    [
        new(IsIPv6: false, IsTcp: true), new(IsIPv6: true, IsTcp: true), new(IsIPv6: false, IsTcp: false), new(IsIPv6: true, IsTcp: false),
        new(IsIPv6: false, IsTcp: true, Port: 1001), new(IsIPv6: false, IsTcp: true, TrafficClass: 3), new(IsIPv6: false, IsTcp: false, MayFragment: true),
        new(IsIPv6: false, IsTcp: true, Options: 40),
    ];

    /// <summary>A run of packets of one flow: how many, how long, what flags the last has, how much the sequence jumps before it, whether forgeries come between.</summary>
    private static readonly Gen<(int Flow, int Count, int Size, int Last, byte Flags, int Jump, bool IsDisturbed)[]> _runs =
        Gen.Select(Gen.Int[0, 7], Gen.Int[1, 70], Gen.Int[1, 1400], Gen.Int[0, 1400], Gen.Int[0, 3].Select(i => _lastFlags[i]), Gen.Int[0, 1], Gen.Bool).Array[1, 12];

    [Fact]
    public void Add_AnyPackets_AreTheSameWhenCutAgain() => _runs.Sample(runs =>
    {
        var sent = Packets(runs);
        var sink = new Recorder();
        var packet = new SuperPacket(sink, joinsTcp: true, joinsUdp: true);
        for (var i = 0; i < sent.Count; i++)
        {
            if (runs[0].IsDisturbed && i % 3 == 0)
            {
                packet.Reserve(1 + (i % 1400)).Fill(0xEE);
                packet.Abandon();
            }

            // What is opened is padded; only the packet itself counts.
            var room = packet.Reserve(sent[i].Length + (i % 16));
            room.Fill(0xDD);
            sent[i].CopyTo(room);
            packet.Add(sent[i].Length);
        }

        packet.Finish();

        Assert.Equal(sent, sink.Packets);
        Assert.Equal(sent.Count, sink.Counted);
    }, iter: 500);

    [Fact]
    public void Add_TrainOfOneFlow_IsOnePacket()
    {
        var sink = Join(_flows[0].Cut(SegmenterTests.Payload(60_000, 1), 1368, 9, 9, 0x18), joins: true);

        Assert.Single(sink.Frames);
    }

    [Fact]
    public void Add_SmallDatagrams_AreJoinedByTheKernelsLimit()
    {
        var sink = Join(_flows[2].Cut(SegmenterTests.Payload(64 * 130, 1), 64, 0, 9, 0x10), joins: true);

        Assert.Equal(3, sink.Frames.Count); // 64, 64 and 2.
    }

    [Fact]
    public void Add_JoiningSwitchedOff_GivesEachAlone()
    {
        var sink = Join(_flows[0].Cut(SegmenterTests.Payload(60_000, 1), 1368, 9, 9, 0x18), joins: false);

        Assert.Equal(44, sink.Frames.Count);
    }

    private static Recorder Join(List<byte[]> packets, bool joins)
    {
        var sink = new Recorder();
        var packet = new SuperPacket(sink, joins, joins);
        foreach (var part in packets)
        {
            part.CopyTo(packet.Reserve(part.Length));
            packet.Add(part.Length);
        }

        packet.Finish();
        Assert.Equal(packets, sink.Packets);
        return sink;
    }

    private static List<byte[]> Packets((int Flow, int Count, int Size, int Last, byte Flags, int Jump, bool IsDisturbed)[] runs)
    {
        var packets = new List<byte[]>();
        var (sequence, identification) = (0xFFFF_0000u, (ushort)65_500);
        foreach (var run in runs)
        {
            sequence += (uint)run.Jump;
            // Where nothing may be fragmented, the identification says nothing (RFC 6864), and joined packets get new ones.
            identification += (ushort)(_flows[run.Flow].MayFragment ? run.Jump : 0);
            for (var i = 0; i < run.Count; i++)
            {
                var isLast = i == run.Count - 1;
                var payload = SegmenterTests.Payload(isLast ? run.Last : run.Size, i);
                packets.Add(_flows[run.Flow].Create(payload, sequence, identification++, isLast ? run.Flags : (byte)0x10));
                sequence += (uint)payload.Length;
            }
        }

        return packets;
    }

    /// <summary>Keeps what is written, and cuts it as the kernel would.</summary>
    private sealed class Recorder : ISuperPacketSink
    {
        public List<byte[]> Frames { get; } = [];

        public List<byte[]> Packets { get; } = [];

        public int Counted { get; private set; }

        public void Write(ReadOnlySpan<byte> frame, int packets)
        {
            Frames.Add(frame.ToArray());
            Counted += packets;
            var header = VirtioHeader.Read(frame);
            Packets.AddRange(header.Flags == VirtioHeader.DataIsValid ? [frame[VirtioHeader.Size..].ToArray()] : SegmenterTests.Cut(header, frame[VirtioHeader.Size..].ToArray()));
        }
    }
}
