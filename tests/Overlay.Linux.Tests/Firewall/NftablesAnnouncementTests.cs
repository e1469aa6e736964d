using CsCheck;
using Overlay.Core.Addressing;
using Overlay.Linux.Firewall;
using Overlay.Linux.Netlink;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

public class NftablesAnnouncementTests
{
    // Linux 6.18, group 7 of NETLINK_NETFILTER, received while nft 1.0.6 made and flushed
    // "table ip flannel-ipv4 { chain forward { ...; accept; }; }; table inet other { set a { ... }; }".
    public static TheoryData<string, string> Messages => new()
    {
        { "44000000000a000001000000b43700000200000211000100666c616e6e656c2d697076340000000008000300000000010c00040000000000000000010800020000000000", "IPv4 flannel-ipv4 *" },
        { "40000000050a000001000000b53700000200000311000100666c616e6e656c2d69707634000000000c000300666f7277617264000c0002000000000000000001", "IPv4 flannel-ipv4 forward" },
        { "74000000060a000c03000000b43700000200000211000100666c616e6e656c2d69707634000000000c000200666f7277617264000c000300000000000000000234000400300001000e000100696d6d6564696174650000001c0002000800010000000000100002000c0002000800010000000001", "IPv4 flannel-ipv4 forward" },
        { "340000000b0a000001000000b5370000010000030a0001006f7468657200000006000200610000000c0010000000000000000001", "None other *" },
        { "2c0000000f0a000001000000b537000000000003080001000000000308000200000037b5080003006e667400", "nothing" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void TryRead_RealMessage_GivesThePlace(string bytes, string expected)
    {
        var place = "nothing";
        foreach (var message in new NetlinkMessageReader(Convert.FromHexString(bytes)))
        {
            if (NftablesAnnouncement.TryRead(message, out var change))
            {
                place = $"{change.Families} {change.Table} {change.Chain ?? "*"}";
            }
        }

        Assert.Equal(expected, place);
    }

    [Fact]
    public void TryRead_AnyBytes_GivesAnAnswer() =>
        Gen.OneOf(
            Gen.Byte.Array[0, 200],
            Gen.Int[0, Messages.Count - 1].Select(Gen.Int[4, 40], Gen.Byte, (index, at, value) =>
            {
                var bytes = Convert.FromHexString(Messages.ElementAt(index).Data.Item1);
                bytes[at] = value;
                return bytes;
            })).Sample(bytes =>
            {
                foreach (var message in new NetlinkMessageReader(bytes))
                {
                    if (NftablesAnnouncement.TryRead(message, out var change))
                    {
                        Assert.True(change.Families is AddressFamilies.None or AddressFamilies.IPv4 or AddressFamilies.IPv6);
                        Assert.NotNull(change.Table);
                    }
                }
            });
}
