using System.Buffers.Binary;

using CsCheck;

using Overlay.WireGuard.Device.Offload;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>Cutting in place against packets written one by one.</summary>
public sealed class SegmenterTests
{
    private static readonly byte[] _flags = [0x10, 0x18, 0x19];
    private static readonly byte[] _versions = [0x45, 0x60, 0x4F];

    private static readonly Gen<(bool IsIPv6, bool IsTcp, int Payload, int Segment, byte Flags, ushort Identification)> _case =
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Int[2, 60_000], Gen.Int[8, 3000], Gen.Int[0, 2].Select(i => _flags[i]), Gen.UShort)
            .Where(c => c.Item3 > c.Item4 && c.Item3 / c.Item4 < 500);

    [Fact]
    public void MoveNext_AnySuperPacket_GivesThePacketsOfTheWire() => _case.Sample(c =>
    {
        var flow = new FlowPackets(c.IsIPv6, c.IsTcp, TrafficClass: 2);
        var payload = Payload(c.Payload, c.Identification);
        var expected = flow.Cut(payload, c.Segment, 0xFFFF_F000, c.Identification, c.Flags);
        var packet = flow.Create(payload, 0xFFFF_F000, c.Identification, c.Flags);
        var header = new VirtioHeader(
            VirtioHeader.NeedsChecksum,
            !c.IsTcp ? VirtioSegmentation.Udp : c.IsIPv6 ? VirtioSegmentation.TcpIPv6 : VirtioSegmentation.TcpIPv4,
            (ushort)flow.HeaderLength, (ushort)c.Segment, (ushort)(c.IsIPv6 ? 40 : 20), (ushort)(c.IsTcp ? 16 : 6));

        Assert.Equal(expected, Cut(header, packet));
    });

    [Fact]
    public void MoveNext_PacketWithoutChecksum_GetsOne() => Gen.Select(Gen.Bool, Gen.Bool, Gen.Int[0, 1400]).Sample(c =>
    {
        var (isIPv6, isTcp, length) = c;
        var flow = new FlowPackets(isIPv6, isTcp);
        var expected = flow.Create(Payload(length, 1), 5, 6);
        var packet = expected.ToArray();
        var start = isIPv6 ? 40 : 20;
        var field = packet.AsSpan(start + (isTcp ? 16 : 6));
        BinaryPrimitives.WriteUInt16BigEndian(field, (ushort)~FlowPackets.Checksum(FlowPackets.Pseudo(packet, packet.Length - start)));

        var cut = Cut(new VirtioHeader(VirtioHeader.NeedsChecksum, VirtioSegmentation.None, 0, 0, (ushort)start, (ushort)(isTcp ? 16 : 6)), packet);

        Assert.Equal([expected], cut);
    });

    [Fact]
    public void MoveNext_PacketThatIsWhole_StaysAsItIs()
    {
        var packet = new FlowPackets(false, true).Create([1, 2, 3], 5, 6);

        Assert.Equal([packet], Cut(default, packet.ToArray()));
    }

    /// <summary>The kernel does not send these; whoever writes to a descriptor that we were handed might.</summary>
    [Fact]
    public void TryBegin_AnyHeader_GivesPacketsOrRefuses() =>
        Gen.Select(Gen.Byte.Array[VirtioHeader.Size], Gen.Int[20, 200], Gen.Int[0, 2].Select(i => _versions[i])).Sample((bytes, length, version) =>
        {
            var packet = new byte[Math.Max(length, version == 0x60 ? 40 : 20)];
            packet[0] = version;
            bytes[1] = (byte)(bytes[1] % 6);
            if (VirtioHeader.Read(bytes) is var header && Segmenter.TryBegin(header, packet, new byte[Segmenter.MaximumHeader], out var segmenter))
            {
                while (segmenter.MoveNext(out _))
                {
                }
            }
        });

    [Fact]
    public void Add_AnyBytes_IsTheSumOfWords() => Gen.Byte.Array[0, 3000].Sample(bytes =>
    {
        var sum = InternetChecksum.Finish(InternetChecksum.Add(0, bytes));
        Assert.Equal(FlowPackets.Checksum(bytes), BinaryPrimitives.ReverseEndianness(sum));
    });

    internal static byte[] Payload(int length, int seed)
    {
        var payload = new byte[length];
        new Random(seed).NextBytes(payload);
        return payload;
    }

    internal static List<byte[]> Cut(in VirtioHeader header, byte[] packet)
    {
        var packets = new List<byte[]>();
        Assert.True(Segmenter.TryBegin(header, packet, new byte[Segmenter.MaximumHeader], out var segmenter));
        while (segmenter.MoveNext(out var segment))
        {
            packets.Add(packet[segment]);
        }

        Assert.Equal(segmenter.Count, packets.Count);
        return packets;
    }
}
