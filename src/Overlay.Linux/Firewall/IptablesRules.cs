using System.Net;
using Overlay.Core.Firewall;

namespace Overlay.Linux.Firewall;

/// <summary>The wanted iptables rules. Without exclusions they are flannel's, byte for byte.</summary>
internal static class IptablesRules
{
    public const string MasqueradeChain = "FLANNEL-POSTRTG";
    public const string ForwardChain = "FLANNEL-FWD";
    public const string MasqueradeComment = "flanneld masq";
    public const string ForwardComment = "flanneld forward";

    /// <summary>What <paramref name="rules"/> wants in the family of <paramref name="family"/>.</summary>
    public static IptablesState Wanted(FamilyRules family, FirewallRules rules, bool randomFully) => new(
        rules.Masquerade
            ? Table("nat", MasqueradeChain, $"-A POSTROUTING{Comment(MasqueradeComment)}", Masquerade(family, randomFully))
            : IptablesTable.Empty("nat"),
        rules.AcceptForward
            ? Table("filter", ForwardChain, $"-A FORWARD{Comment(ForwardComment)}", Forward(family))
            : IptablesTable.Empty("filter"));

    private static IptablesTable Table(string name, string chain, string jump, IEnumerable<string> rules) => new(
        name,
        new Dictionary<string, IReadOnlyList<string>> { [chain] = [.. rules.Select(rule => $"-A {chain}{rule}")] },
        [$"{jump} -j {chain}"]);

    private static IEnumerable<string> Masquerade(FamilyRules family, bool randomFully)
    {
        var (network, own) = (family.Network, family.Own);
        var comment = Comment(MasqueradeComment);
        var masquerade = comment + (randomFully ? " -j MASQUERADE --random-fully" : " -j MASQUERADE");
        yield return $" -m mark --mark 0x4000/0x4000{comment} -j RETURN";
        yield return $"{From(own)}{To(network)}{comment} -j RETURN";
        yield return $"{From(network)}{To(own)}{comment} -j RETURN";
        yield return $" ! -s {network}{To(own)}{comment} -j RETURN";
        foreach (var exclusion in family.Exclusions)
        {
            yield return $"{To(exclusion)}{comment} -j RETURN";
        }

        yield return $"{From(network)} ! -d {family.Multicast}{masquerade}";
        yield return $" ! -s {network}{To(network)}{masquerade}";
    }

    private static IEnumerable<string> Forward(FamilyRules family) =>
    [
        $"{From(family.Network)}{Comment(ForwardComment)} -j ACCEPT",
        $"{To(family.Network)}{Comment(ForwardComment)} -j ACCEPT",
    ];

    private static string Comment(string text) => $" -m comment --comment \"{text}\"";

    // iptables-save leaves out a match that matches everything, and what it prints is compared with this.
    private static string From(IPNetwork network) => network.PrefixLength == 0 ? "" : $" -s {network}";

    private static string To(IPNetwork network) => network.PrefixLength == 0 ? "" : $" -d {network}";
}
