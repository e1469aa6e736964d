using Overlay.Core.Addressing;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

public class NftablesScriptTests
{
    [Fact]
    public void Replace_DualStack_IsOneScriptForBothFamilies() => Assert.Equal(
        """
        add table ip flannel-ipv4
        delete table ip flannel-ipv4
        table ip flannel-ipv4 {
        	comment "rules for flannel-ipv4"
        	chain postrtg {
        		comment "chain to manage traffic masquerading by flannel"
        		type nat hook postrouting priority srcnat; policy accept;
        		meta mark & 0x4000 == 0x4000 return
        		ip saddr 10.244.1.0/24 ip daddr 10.244.0.0/16 return
        		ip saddr 10.244.0.0/16 ip daddr 10.244.1.0/24 return
        		ip saddr != 10.244.0.0/16 ip daddr 10.244.1.0/24 return
        		ip saddr 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random
        		ip saddr != 10.244.0.0/16 ip daddr 10.244.0.0/16 masquerade fully-random
        	}
        	chain forward {
        		comment "chain to accept flannel traffic"
        		type filter hook forward priority filter; policy accept;
        		ip saddr 10.244.0.0/16 accept
        		ip daddr 10.244.0.0/16 accept
        	}
        }
        add table ip6 flannel-ipv6
        delete table ip6 flannel-ipv6
        table ip6 flannel-ipv6 {
        	comment "rules for flannel-ipv6"
        	chain postrtg {
        		comment "chain to manage traffic masquerading by flannel"
        		type nat hook postrouting priority srcnat; policy accept;
        		meta mark & 0x4000 == 0x4000 return
        		ip6 saddr fd00:10:244:1::/64 ip6 daddr fd00:10:244::/56 return
        		ip6 saddr fd00:10:244::/56 ip6 daddr fd00:10:244:1::/64 return
        		ip6 saddr != fd00:10:244::/56 ip6 daddr fd00:10:244:1::/64 return
        		ip6 saddr fd00:10:244::/56 ip6 daddr != ff00::/8 masquerade fully-random
        		ip6 saddr != fd00:10:244::/56 ip6 daddr fd00:10:244::/56 masquerade fully-random
        	}
        	chain forward {
        		comment "chain to accept flannel traffic"
        		type filter hook forward priority filter; policy accept;
        		ip6 saddr fd00:10:244::/56 accept
        		ip6 daddr fd00:10:244::/56 accept
        	}
        }

        """,
        NftablesScript.Replace(Sample.DualStack, AddressFamilies.None, randomFully: true));

    [Fact]
    public void Replace_Exclusions_ReturnBeforeMasqueradeInTheirFamily()
    {
        var lines = Lines(NftablesScript.Replace(Sample.DualStack with { MasqueradeExclusions = Sample.Exclusions }, AddressFamilies.None, true));

        var first = lines.FindIndex(line => line == "ip daddr 192.168.0.0/16 return");
        Assert.Equal("ip saddr != 10.244.0.0/16 ip daddr 10.244.1.0/24 return", lines[first - 1]);
        Assert.Equal("ip daddr 192.168.7.0/24 return", lines[first + 1]);
        Assert.Equal("ip saddr 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random", lines[first + 2]);
        Assert.Equal(1, lines.Count(line => line.Contains("fd00:beef::/32", StringComparison.Ordinal)));
        Assert.Contains("ip6 daddr fd00:beef::/32 return", lines);
    }

    [Fact]
    public void Replace_OneFamilyOff_NamesItsTableOnlyToRemoveIt()
    {
        Assert.DoesNotContain("ip6", NftablesScript.Replace(Sample.IPv4, AddressFamilies.IPv4, true), StringComparison.Ordinal);
        Assert.EndsWith(
            "}\nadd table ip6 flannel-ipv6\ndelete table ip6 flannel-ipv6\n",
            NftablesScript.Replace(Sample.IPv4, AddressFamilies.IPv4 | AddressFamilies.IPv6, true),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Replace_WithoutMasquerade_HasForwardOnly()
    {
        var script = NftablesScript.Replace(Sample.IPv4 with { Masquerade = false }, AddressFamilies.None, true);

        Assert.DoesNotContain("postrtg", script, StringComparison.Ordinal);
        Assert.Contains("chain forward", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Replace_WithoutForward_HasMasqueradeOnly()
    {
        var script = NftablesScript.Replace(Sample.IPv4 with { AcceptForward = false }, AddressFamilies.None, randomFully: false);

        Assert.DoesNotContain("chain forward", script, StringComparison.Ordinal);
        Assert.Contains("daddr != 224.0.0.0/4 masquerade\n", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Replace_NothingWantedAndNothingStanding_IsEmpty() =>
        Assert.Empty(NftablesScript.Replace(Sample.Nothing, AddressFamilies.None, true));

    [Fact]
    public void FamilyRules_NetworkWithoutOwnSubnet_IsTheCallersMistake() => Assert.Throws<ArgumentException>(
        () => FamilyRules.Of(Sample.DualStack with { OwnSubnets = Sample.IPv4.OwnSubnets }));

    private static List<string> Lines(string script) => [.. script.Split('\n').Select(line => line.Trim())];
}
