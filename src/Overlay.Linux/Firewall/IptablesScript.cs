using System.Text;

namespace Overlay.Linux.Firewall;

/// <summary>Writes what <c>iptables-restore --noflush</c> reads. All changes to one table are one transaction.</summary>
internal static class IptablesScript
{
    /// <summary>The way from what stands to what is wanted; empty when they are alike.</summary>
    public static string Build(IptablesState standing, IptablesState wanted)
    {
        var script = new StringBuilder();
        WriteTable(script, standing.Nat, wanted.Nat);
        WriteTable(script, standing.Filter, wanted.Filter);
        return script.ToString();
    }

    /// <summary>The same way in words, one line for each jump and chain.</summary>
    public static IEnumerable<string> Describe(string command, IptablesState standing, IptablesState wanted) =>
        Describe(command, standing.Nat, wanted.Nat).Concat(Describe(command, standing.Filter, wanted.Filter));

    private static IEnumerable<string> Describe(string command, IptablesTable standing, IptablesTable wanted)
    {
        var missing = wanted.Outside.ToList();
        foreach (var rule in standing.Outside.Where(rule => !missing.Remove(rule)))
        {
            yield return $"remove {command} -t {wanted.Name} rule {rule}";
        }

        foreach (var rule in missing)
        {
            yield return $"add {command} -t {wanted.Name} rule {rule}";
        }

        foreach (var chain in standing.Chains.Keys.Union(wanted.Chains.Keys).Order(StringComparer.Ordinal))
        {
            var (before, after) = (standing.Chains.GetValueOrDefault(chain), wanted.Chains.GetValueOrDefault(chain));
            if (before is null || after is null || !before.SequenceEqual(after, StringComparer.Ordinal))
            {
                var verb = before is null ? "add" : after is null ? "remove" : "replace";
                yield return $"{verb} {command} -t {wanted.Name} chain {chain} ({(after ?? before)!.Count} rules)";
            }
        }
    }

    private static void WriteTable(StringBuilder script, IptablesTable standing, IptablesTable wanted)
    {
        if (standing.Matches(wanted))
        {
            return;
        }

        script.Append($"*{wanted.Name}\n");
        var chains = standing.Chains.Keys.Union(wanted.Chains.Keys).Order(StringComparer.Ordinal).ToArray();
        foreach (var chain in chains)
        {
            // Declaring a chain creates it, or empties it within this transaction: at no time does a packet meet it half full.
            script.Append($":{chain} - [0:0]\n");
        }

        // A jump that stands stays where it stands; only what is too many goes.
        var missing = wanted.Outside.ToList();
        foreach (var rule in standing.Outside.Where(rule => !missing.Remove(rule)))
        {
            script.Append($"-D {rule["-A ".Length..]}\n");
        }

        foreach (var rule in missing.Concat(wanted.Chains.OrderBy(chain => chain.Key, StringComparer.Ordinal).SelectMany(chain => chain.Value)))
        {
            script.Append($"{rule}\n");
        }

        foreach (var chain in chains.Where(chain => !wanted.Chains.ContainsKey(chain)))
        {
            script.Append($"-X {chain}\n");
        }

        script.Append("COMMIT\n");
    }
}
