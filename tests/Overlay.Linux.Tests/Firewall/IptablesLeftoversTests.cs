using CsCheck;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

public class IptablesLeftoversTests
{
    // nft 1.0.6: nft -a list table ip nat, after iptables-nft-restore; and a rule of somebody else.
    private const string Listing =
        """
        table ip nat { # handle 1
        	chain FLANNEL-POSTRTG { # handle 1
        		meta mark & 0x00004000 == 0x00004000  counter packets 0 bytes 0 return # handle 4
        		ip saddr != 10.244.0.0/16 ip daddr 10.244.0.0/16  counter packets 0 bytes 0 masquerade fully-random # handle 5
        	}

        	chain POSTROUTING { # handle 2
        		type nat hook postrouting priority srcnat; policy accept;
        		ip daddr 10.0.0.1 masquerade comment "jump FLANNEL-POSTRTG" # handle 9
        		 counter packets 0 bytes 0 jump FLANNEL-POSTRTG # handle 3
        	}
        }
        """;

    [Fact]
    public void Removal_JumpAndChain_AreRemovedInOrder()
    {
        var removed = new List<string>();

        Assert.Equal(
            "flush chain ip nat FLANNEL-POSTRTG\ndelete rule ip nat POSTROUTING handle 3\ndelete chain ip nat FLANNEL-POSTRTG\n",
            IptablesLeftovers.Removal("ip nat", Listing, removed));
        Assert.Equal(["nftables table ip nat chain FLANNEL-POSTRTG", "nftables table ip nat jump in chain POSTROUTING"], removed);
    }

    [Fact]
    public void Removal_AnyText_GivesAnAnswer() =>
        Gen.Int[0, Listing.Length].Select(Gen.Int[0, 60], Gen.String[0, 12], (from, length, text) =>
            Listing.Remove(from, Math.Min(length, Listing.Length - from)).Insert(from, text))
            .Sample(text => { _ = IptablesLeftovers.Removal("ip nat", text, []); });
}
