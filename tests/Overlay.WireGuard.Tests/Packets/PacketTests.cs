using CsCheck;

using Overlay.WireGuard.Protocol.Packets;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Packets;

public sealed class PacketTests
{
    [Theory]
    [InlineData(0, 1420, 0)] // A keepalive is not padded.
    [InlineData(1, 1420, 16)]
    [InlineData(16, 1420, 16)]
    [InlineData(17, 1420, 32)]
    [InlineData(1408, 1420, 1408)]
    [InlineData(1409, 1420, 1420)]
    [InlineData(1420, 1420, 1420)]
    [InlineData(1421, 1420, 1436)] // A super-packet: its last segment has one byte.
    [InlineData(2835, 1420, 2840)]
    [InlineData(2840, 1420, 2840)]
    [InlineData(1299, 1299, 1299)]
    [InlineData(65535, 0, 65536)]
    public void PaddedLength_LengthAndMtu_IsTheKernels(int length, int mtu, int expected) => Assert.Equal(expected, Padding.PaddedLength(length, mtu));

    [Fact]
    public void PaddedLength_UpToTheMtu_NeverExceedsItAndNeverShrinks() => Gen.Int[576, 9000].SelectMany(mtu => Gen.Int[0, mtu].Select(length => (mtu, length)))
        .Sample(pair => Padding.PaddedLength(pair.length, pair.mtu) is var padded && padded >= pair.length && padded <= pair.mtu && padded - pair.length < 16);

    /// <summary>RFC 6040, figure 4: rows are the inner field, columns the outer: Not-ECT, ECT(0), ECT(1), CE; -1 is a drop.</summary>
    [Theory]
    [InlineData(0b00, 0b00, 0b00, 0b00, -1)]
    [InlineData(0b10, 0b10, 0b10, 0b01, 0b11)]
    [InlineData(0b01, 0b01, 0b01, 0b01, 0b11)]
    [InlineData(0b11, 0b11, 0b11, 0b11, 0b11)]
    public void TryDecapsulate_Figure4_IsFollowed(byte inner, int outerNotEct, int outerEct0, int outerEct1, int outerCe)
    {
        const byte dscp = 0xB8;
        foreach (var (outer, expected) in new[] { (0b00, outerNotEct), (0b10, outerEct0), (0b01, outerEct1), (0b11, outerCe) })
        {
            var isKept = Ecn.TryDecapsulate((byte)(0x88 | outer), (byte)(dscp | inner), out var result);

            Assert.Equal(expected >= 0, isKept);
            Assert.True(!isKept || result == (dscp | expected));
        }
    }

    [Theory]
    [InlineData(0xB8, 0)]
    [InlineData(0xBA, 2)]
    [InlineData(0xB9, 1)]
    [InlineData(0xBB, 3)]
    public void Encapsulate_InnerClass_CopiesEcnAndHidesDscp(byte inner, byte outer) => Assert.Equal(outer, Ecn.Encapsulate(inner));

    [Fact]
    public void SetTrafficClass_AnyIPv4Header_KeepsTheChecksumRight() => Gen.Select(Gen.Byte.Array[20], Gen.Byte).Sample((header, trafficClass) =>
    {
        header[0] = 0x45;
        header[10] = header[11] = 0;
        var checksum = Checksum(header);
        (header[10], header[11]) = ((byte)(checksum >> 8), (byte)checksum);

        InnerPacket.SetTrafficClass(header, trafficClass);

        Assert.Equal(trafficClass, header[1]);
        Assert.Equal(0, Checksum(header));
    });

    [Fact]
    public void SetTrafficClass_IPv6_LeavesVersionAndFlowLabel()
    {
        byte[] packet = [0x6A, 0xBC, 0xDE, 0xF0, 0, 0, .. new byte[34]];
        InnerPacket.SetTrafficClass(packet, 0x5D);

        Assert.Equal([0x65, 0xDC, 0xDE, 0xF0], packet[..4]);
        Assert.True(InnerPacket.TryRead(packet, out var view));
        Assert.Equal(0x5D, view.TrafficClass);
    }

    [Fact]
    public void TryRead_AnyBytes_RefusesOrGivesAPacketInside() => Gen.Byte.Array[0, 80].Sample(bytes =>
    {
        if (InnerPacket.TryRead(bytes, out var packet))
        {
            Assert.InRange(packet.Length, 20, bytes.Length);
            Assert.Equal(packet.IsIPv6 ? 16 : 4, packet.Source.Length + packet.Destination.Length - (packet.IsIPv6 ? 16 : 4));
            _ = packet.TrafficClass;
        }
    }, iter: 20_000);

    [Fact]
    public void TryRead_PaddedPacket_StatesItsOwnLength()
    {
        byte[] padded = [.. Pair.Packet("10.0.0.1", "10.0.0.2", 3), .. new byte[9]];

        Assert.True(InnerPacket.TryRead(padded, out var packet));
        Assert.Equal(23, packet.Length);
        Assert.False(InnerPacket.TryRead(padded.AsSpan(0, 22), out _));
    }

    private static ushort Checksum(byte[] header)
    {
        uint sum = 0;
        for (var i = 0; i < header.Length; i += 2)
        {
            sum += (uint)((header[i] << 8) | header[i + 1]);
        }

        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~((sum & 0xFFFF) + (sum >> 16));
    }
}
