using CsCheck;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

public class NftablesListingTests
{
    // nft 1.0.6: nft -a -s list table ip flannel-ipv4
    private const string Listing =
        """
        table ip flannel-ipv4 { # handle 5
        	comment "rules for flannel-ipv4"
        	chain postrtg { # handle 1
        		comment "chain to manage traffic masquerading by flannel"
        		type nat hook postrouting priority srcnat; policy accept;
        		meta mark & 0x00004000 == 0x00004000 return # handle 3
        		ip saddr 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random # handle 4
        	}

        	chain forward { # handle 2
        		comment "chain to accept flannel traffic"
        		type filter hook forward priority filter; policy accept;
        		ip saddr 10.244.0.0/16 accept # handle 5
        	}
        }
        """;

    private static readonly Dictionary<string, IReadOnlyList<string>> _shape = new()
    {
        ["postrtg"] = ["meta mark & 0x4000 == 0x4000 return", "ip saddr 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random"],
        ["forward"] = ["ip saddr 10.244.0.0/16 accept"],
    };

    [Fact]
    public void HasShape_AsWritten_IsTrue() => Assert.True(NftablesListing.HasShape(Listing, _shape));

    [Fact]
    public void HasRules_AsWrittenInOtherWords_IsTrue()
    {
        Assert.True(NftablesListing.HasRules(Listing, _shape));
        Assert.False(NftablesListing.HasRules(Listing.Replace("0x00004000 return", "0x00004000 accept", StringComparison.Ordinal), _shape));
    }

    public static TheoryData<string, string> Changes => new()
    {
        { "accept # handle 5", "accept" },
        { "meta mark & 0x00004000 == 0x00004000 return # handle 3", "drop # handle 9\n\t\tmeta mark & 0x00004000 == 0x00004000 return # handle 3" },
        { "\t\tmeta mark & 0x00004000 == 0x00004000 return # handle 3\n", "" },
        { "return # handle 3", "return # handle 9" },
        { "priority filter; policy accept;", "priority filter; policy drop;" },
        { "\tcomment \"rules", "\tflags dormant\n\tcomment \"rules" },
        { "\tchain forward { # handle 2", "\tchain other { # handle 2" },
        { "\tchain forward { # handle 2", "\tset forward { # handle 2" },
        { "\tchain forward { # handle 2", "\tchain more { # handle 7\n\t}\n\n\tchain forward { # handle 2" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void HasShape_AfterAChange_IsFalse(string from, string to)
    {
        Assert.Contains(from, Listing, StringComparison.Ordinal);
        Assert.False(NftablesListing.HasShape(Listing.Replace(from, to, StringComparison.Ordinal), _shape));
    }

    [Fact]
    public void HasShape_AnyText_GivesAnAnswer() =>
        Gen.OneOf(Gen.String, Gen.Int[0, Listing.Length].Select(Gen.Int[0, Listing.Length], Gen.String[0, 12], (from, length, text) =>
            Listing.Remove(from, Math.Min(length, Listing.Length - from)).Insert(from, text)))
            .Sample(text => { _ = NftablesListing.HasShape(text, _shape); });
}
