using System.Net;
using Overlay.Core.Firewall;

namespace Overlay.Linux.Tests.Firewall;

/// <summary>The networks that the firewall's tests use: flannel's usual one, and one of IPv6.</summary>
internal static class Sample
{
    public static FirewallRules IPv4 { get; } = new()
    {
        Network = new(IPNetwork.Parse("10.244.0.0/16"), null),
        OwnSubnets = new(IPNetwork.Parse("10.244.1.0/24"), null),
        Masquerade = true,
    };

    public static FirewallRules DualStack { get; } = IPv4 with
    {
        Network = new(IPNetwork.Parse("10.244.0.0/16"), IPNetwork.Parse("fd00:10:244::/56")),
        OwnSubnets = new(IPNetwork.Parse("10.244.1.0/24"), IPNetwork.Parse("fd00:10:244:1::/64")),
        UseNFTables = true,
    };

    public static FirewallRules Nothing { get; } = IPv4 with { Masquerade = false, AcceptForward = false };

    public static IReadOnlyList<IPNetwork> Exclusions { get; } =
        [IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("192.168.7.0/24"), IPNetwork.Parse("fd00:beef::/32"), IPNetwork.Parse("192.168.0.0/16")];

    /// <summary>What flanneld v0.28 leaves in <c>nat</c> and <c>filter</c> (flannel-facts 6.A), as <c>iptables -S</c> prints it.</summary>
    public static string FlannelNat { get; } =
        """
        -A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
        -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
        -A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
        -A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
        -A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN
        -A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
        -A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully

        """;

    public static string FlannelFilter { get; } =
        """
        -A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
        -A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
        -A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT

        """;

    /// <summary>The same as <c>iptables-restore</c> reads it.</summary>
    public static string FlannelRestore { get; } =
        $"*nat\n:FLANNEL-POSTRTG - [0:0]\n{FlannelNat}COMMIT\n*filter\n:FLANNEL-FWD - [0:0]\n{FlannelFilter}COMMIT\n";

    /// <summary>The same for the IPv6 half of <see cref="DualStack"/>.</summary>
    public static string FlannelRestore6 { get; } = FlannelRestore
        .Replace("10.244.0.0/16", "fd00:10:244::/56", StringComparison.Ordinal)
        .Replace("10.244.1.0/24", "fd00:10:244:1::/64", StringComparison.Ordinal)
        .Replace("224.0.0.0/4", "ff00::/8", StringComparison.Ordinal);

    /// <summary>What flanneld v0.28 leaves with <c>EnableNFTables</c> (flannel-facts 6.B), its two mistakes included.</summary>
    public static string FlannelNftables { get; } =
        """
        table ip flannel-ipv4 {
        	comment "rules for flannel-ipv4"
        	chain postrtg {
        		comment "chain to manage traffic masquerading by flannel"
        		type nat hook postrouting priority srcnat; policy accept;
        		meta mark 0x00004000 return
        		ip saddr 10.244.9.0/24 ip daddr 10.244.0.0/16 return
        		ip saddr 10.244.0.0/16 ip daddr 10.244.9.0/24 return
        		ip saddr != 10.244.9.0/24 ip daddr 10.244.0.0/16 return
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
        table ip6 flannel-ipv6 {
        	comment "rules for flannel-ipv6"
        	chain postrtg {
        		comment "chain to manage traffic masquerading by flannel"
        		type nat hook postrouting priority srcnat; policy accept;
        	}
        }

        """;
}
