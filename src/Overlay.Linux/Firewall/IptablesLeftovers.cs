using System.Text;

namespace Overlay.Linux.Firewall;

/// <summary>Finds and removes our iptables rules with <c>nft</c>, for systems that have them in the kernel and have no iptables commands: an
/// agent in nftables mode that takes the place of one which came with commands of its own.</summary>
internal static class IptablesLeftovers
{
    private static readonly string[] _tables = ["ip nat", "ip filter", "ip6 nat", "ip6 filter"];
    private static readonly string[] _ownChains = [IptablesRules.MasqueradeChain, IptablesRules.ForwardChain];

    /// <summary>Removes what there is, in one transaction.</summary>
    /// <returns>What was removed; nothing where there is no <c>nft</c>.</returns>
    public static async Task<IReadOnlyList<string>> RemoveAsync(Toolbox toolbox, CancellationToken cancellationToken)
    {
        if (toolbox.Find("nft") is not { } nft)
        {
            return [];
        }

        var standing = (await toolbox.RunAsync(nft, ["list", "tables"], "", cancellationToken)).Require("list the tables").Split('\n');
        var (script, removed) = ("", new List<string>());
        foreach (var table in _tables.Where(table => standing.Contains($"table {table}")))
        {
            var listing = await toolbox.RunAsync(nft, ["-a", "-s", "list", "table", .. table.Split(' ')], "", cancellationToken);
            script += Removal(table, listing.Require($"list the table {table}"), removed);
        }

        if (script.Length > 0)
        {
            (await toolbox.RunAsync(nft, ["-f", "-"], script, cancellationToken)).Require("remove the overlay's iptables rules");
        }

        return removed;
    }

    /// <summary>Writes the script that removes them.</summary>
    /// <param name="table">The family and the table's name.</param>
    /// <param name="listing">What <c>nft -a list table</c> prints of it.</param>
    /// <param name="removed">Gets one line for each chain and jump.</param>
    /// <returns>The script; empty when there are none.</returns>
    public static string Removal(string table, string listing, List<string> removed)
    {
        var (jumps, chains, chain) = (new StringBuilder(), new StringBuilder(), "");
        foreach (var line in listing.Split('\n'))
        {
            var words = IptablesWords.Split(line.Trim());
            if (words is ["chain", var name, "{", ..])
            {
                chain = name;
                if (_ownChains.Contains(name))
                {
                    // Emptied first, since its own rules may jump to the other one.
                    jumps.Append($"flush chain {table} {name}\n");
                    chains.Append($"delete chain {table} {name}\n");
                    removed.Add($"nftables table {table} chain {name}");
                }
            }
            else if (words is [.., "#", "handle", var handle] && handle.All(char.IsAsciiDigit) && JumpsToOurs(words) && !_ownChains.Contains(chain))
            {
                jumps.Append($"delete rule {table} {chain} handle {handle}\n");
                removed.Add($"nftables table {table} jump in chain {chain}");
            }
        }

        return jumps.Append(chains).ToString();
    }

    private static bool JumpsToOurs(List<string> words)
    {
        var jump = words.FindIndex(word => word is "jump" or "goto");
        return jump >= 0 && jump + 1 < words.Count && _ownChains.Contains(words[jump + 1]);
    }
}
