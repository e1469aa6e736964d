using Overlay.WireGuard.Device.DataPath;
using Overlay.WireGuard.Device.Offload;

namespace Overlay.WireGuard.Tests.Device;

public sealed class UnreachableTests
{
    [Fact]
    public void Answer_IPv4_IsHostUnreachableWithTheRightChecksums()
    {
        var packet = new FlowPackets(false, false).Create(new byte[1000], 0, 0);
        var tun = new TunTwin();
        new Unreachable(tun).Answer(packet, TimeSpan.FromSeconds(9));

        var answer = Assert.Single(tun.Written)[VirtioHeader.Size..];
        Assert.Equal(576, answer.Length);
        Assert.Equal(packet[16..20], answer[12..16]);
        Assert.Equal(packet[12..16], answer[16..20]);
        Assert.Equal([3, 1], answer[20..22]);
        Assert.Equal(0, FlowPackets.Checksum(answer.AsSpan(0, 20)));
        Assert.Equal(0, FlowPackets.Checksum(answer.AsSpan(20)));
        Assert.Equal(packet[..(576 - 28)], answer[28..]);
    }

    [Fact]
    public void Answer_IPv6_IsAddressUnreachableWithTheRightChecksum()
    {
        var packet = new FlowPackets(true, true).Create(new byte[3], 0, 0);
        var tun = new TunTwin();
        new Unreachable(tun).Answer(packet, TimeSpan.FromSeconds(9));

        var answer = Assert.Single(tun.Written)[VirtioHeader.Size..];
        Assert.Equal(packet[8..24], answer[24..40]);
        Assert.Equal([1, 3], answer[40..42]);
        Assert.Equal(0, FlowPackets.Checksum([.. FlowPackets.Pseudo(answer, answer.Length - 40), .. answer[40..]]));
        Assert.Equal(packet, answer[48..]);
    }

    [Theory]
    [InlineData("an error", 9, 1)]
    [InlineData("a fragment", 7, 9)]
    [InlineData("to a group", 16, 224)]
    [InlineData("from nobody", 12, 0)]
    public void Answer_NotToBeAnswered_IsSilence(string reason, int place, byte value)
    {
        var packet = new FlowPackets(false, false).Create(new byte[20], 0, 0);
        packet[place] = value;
        packet[20] = 3; // The type, if it is ICMP.
        var tun = new TunTwin();
        new Unreachable(tun).Answer(packet, TimeSpan.FromSeconds(9));

        Assert.True(tun.Written.Count == 0, reason);
    }

    [Fact]
    public void Answer_Flood_IsLimited()
    {
        var packet = new FlowPackets(false, false).Create(new byte[20], 0, 0);
        var tun = new TunTwin();
        var unreachable = new Unreachable(tun);
        for (var i = 0; i < 1000; i++)
        {
            unreachable.Answer(packet, TimeSpan.FromSeconds(9));
        }

        Assert.Equal(50, tun.Written.Count);
        unreachable.Answer(packet, TimeSpan.FromSeconds(9.002));
        Assert.Equal(51, tun.Written.Count);
    }

    /// <summary>A datagram of a tunnel in a tunnel in a tunnel in a tunnel is one too many.</summary>
    [Theory]
    [InlineData(64, 48)]
    [InlineData(48, 32)]
    [InlineData(17, 1)]
    [InlineData(16, -1)]
    [InlineData(1, -1)]
    public void TryGetHopLimit_TransportMessage_HasLessEachTime(byte own, int expected)
    {
        foreach (var isIPv6 in new[] { false, true })
        {
            var packet = new FlowPackets(isIPv6, false).Create([4, 0, 0, 0, .. new byte[28]], 0, 0);
            packet[isIPv6 ? 7 : 8] = own;

            Assert.Equal(expected >= 0, TunnelNesting.TryGetHopLimit(packet, out var hopLimit));
            Assert.True(expected < 0 || hopLimit == expected);
        }
    }

    [Fact]
    public void TryGetHopLimit_OtherPackets_HaveTheSystems()
    {
        foreach (var packet in new[] { new FlowPackets(false, false).Create(new byte[40], 0, 0), new FlowPackets(true, true).Create([4, 0, 0, 0], 0, 0) })
        {
            packet[packet[0] >> 4 == 6 ? 7 : 8] = 1;

            Assert.True(TunnelNesting.TryGetHopLimit(packet, out var hopLimit));
            Assert.Equal(0, hopLimit);
        }
    }
}
