using System.Text;
using Overlay.Core.Addressing;
using Overlay.Core.Firewall;

namespace Overlay.Linux.Firewall;

/// <summary>Writes what <c>nft -f -</c> reads. A script is one transaction: all of it happens, or nothing.</summary>
internal static class NftablesScript
{
    /// <summary>The tables, by family. The names are flannel's, so that either program finds and replaces what the other left.</summary>
    public static string Table(AddressFamilies family) => family == AddressFamilies.IPv4 ? "ip flannel-ipv4" : "ip6 flannel-ipv6";

    /// <summary>Replaces our tables whole.</summary>
    /// <param name="rules">What the rules are to do.</param>
    /// <param name="standing">The families whose table stands: it goes when it is not wanted. (To name a table of a family that the kernel
    /// lacks would make it refuse everything.)</param>
    /// <param name="randomFully">Whether kernel and tool know <c>fully-random</c>.</param>
    /// <returns>The script; empty when there is nothing to do.</returns>
    public static string Replace(FirewallRules rules, AddressFamilies standing, bool randomFully)
    {
        var script = new StringBuilder();
        var wanted = FamilyRules.Of(rules);
        foreach (var family in new[] { AddressFamilies.IPv4, AddressFamilies.IPv6 })
        {
            var own = wanted.FirstOrDefault(candidate => candidate.Family == family);
            if (own is null && !standing.HasFlag(family))
            {
                continue;
            }

            // "delete" refuses a table that is absent, so it is added first. "destroy" would say it in one line, but needs nft 1.0.7 and Linux 6.3.
            script.Append($"add table {Table(family)}\ndelete table {Table(family)}\n");
            if (own is not null)
            {
                WriteTable(script, own, rules, randomFully);
            }
        }

        return script.ToString();
    }

    /// <summary>Takes tables away.</summary>
    public static string Remove(AddressFamilies standing) =>
        Replace(new FirewallRules { Network = default, OwnSubnets = default, AcceptForward = false }, standing, false);

    /// <summary>The rules of a table, by chain.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Rules(FamilyRules family, FirewallRules rules, bool randomFully)
    {
        var chains = new Dictionary<string, IReadOnlyList<string>>();
        if (rules.Masquerade)
        {
            chains.Add("postrtg", [.. Masquerade(family, randomFully)]);
        }

        if (rules.AcceptForward)
        {
            chains.Add("forward", Forward(family));
        }

        return chains;
    }

    private static void WriteTable(StringBuilder script, FamilyRules family, FirewallRules rules, bool randomFully)
    {
        var table = Table(family.Family);
        script.Append($"table {table} {{\n\tcomment \"rules for {table[(table.IndexOf(' ', StringComparison.Ordinal) + 1)..]}\"\n");
        foreach (var (chain, texts) in Rules(family, rules, randomFully))
        {
            var (comment, hook) = chain == "postrtg"
                ? ("chain to manage traffic masquerading by flannel", "type nat hook postrouting priority srcnat")
                : ("chain to accept flannel traffic", "type filter hook forward priority filter");
            WriteChain(script, chain, comment, hook, texts);
        }

        script.Append("}\n");
    }

    private static void WriteChain(StringBuilder script, string name, string comment, string hook, IReadOnlyList<string> rules)
    {
        script.Append($"\tchain {name} {{\n\t\tcomment \"{comment}\"\n\t\t{hook}; policy accept;\n");
        foreach (var rule in rules)
        {
            script.Append($"\t\t{rule}\n");
        }

        script.Append("\t}\n");
    }

    private static IEnumerable<string> Masquerade(FamilyRules family, bool randomFully)
    {
        var ip = Word(family);
        var (network, own) = (family.Network, family.Own);
        var masquerade = randomFully ? "masquerade fully-random" : "masquerade";
        // kube-proxy masquerades what it marked. Other programs use the other bits of the mark, so only this one is compared.
        yield return "meta mark & 0x4000 == 0x4000 return";
        yield return $"{ip} saddr {own} {ip} daddr {network} return";
        yield return $"{ip} saddr {network} {ip} daddr {own} return";
        yield return $"{ip} saddr != {network} {ip} daddr {own} return";
        foreach (var exclusion in family.Exclusions)
        {
            yield return $"{ip} daddr {exclusion} return";
        }

        yield return $"{ip} saddr {network} {ip} daddr != {family.Multicast} {masquerade}";
        yield return $"{ip} saddr != {network} {ip} daddr {network} {masquerade}";
    }

    private static IReadOnlyList<string> Forward(FamilyRules family) =>
        [$"{Word(family)} saddr {family.Network} accept", $"{Word(family)} daddr {family.Network} accept"];

    private static string Word(FamilyRules family) => family.Family == AddressFamilies.IPv4 ? "ip" : "ip6";
}
