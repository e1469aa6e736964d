namespace Overlay.Linux.Firewall;

/// <summary>Reads what <c>iptables-save</c> prints. Lines that have no known form are passed over.</summary>
internal static class IptablesSaveReader
{
    private static readonly string[] _ownChains = [IptablesRules.MasqueradeChain, IptablesRules.ForwardChain];

    /// <summary>Finds our part and counts the others'.</summary>
    public static IptablesState Read(string text)
    {
        var tables = new Dictionary<string, (Dictionary<string, IReadOnlyList<string>> Chains, List<string> Outside)>
        {
            ["nat"] = ([], []),
            ["filter"] = ([], []),
        };
        var (table, foreign, hint) = ("", 0, false);
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            var line = raw.Trim();
            if (line.StartsWith('*'))
            {
                table = line[1..].ToString();
            }
            else if (line.StartsWith(':'))
            {
                var chain = FirstWord(line[1..]).ToString();
                hint |= chain is "KUBE-IPTABLES-HINT" or "KUBE-KUBELET-CANARY";
                if (tables.TryGetValue(table, out var known) && _ownChains.Contains(chain))
                {
                    known.Chains.TryAdd(chain, new List<string>());
                }
            }
            else if (line.StartsWith("-A ", StringComparison.Ordinal))
            {
                if (!tables.TryGetValue(table, out var known) || !TryTake(line, known.Chains, known.Outside))
                {
                    foreign++;
                }
            }
        }

        return new(Table("nat"), Table("filter")) { ForeignRules = foreign, HasKubernetesHint = hint };

        IptablesTable Table(string name) => new(name, tables[name].Chains, tables[name].Outside);
    }

    private static bool TryTake(ReadOnlySpan<char> line, Dictionary<string, IReadOnlyList<string>> chains, List<string> outside)
    {
        var chain = FirstWord(line["-A ".Length..]);
        if (chains.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(chain, out var rules))
        {
            ((List<string>)rules).Add(line.ToString());
            return true;
        }

        // A cheap look first: a node may have tens of thousands of foreign rules.
        if (line.IndexOf("FLANNEL-", StringComparison.Ordinal) < 0 && line.IndexOf("flanneld ", StringComparison.Ordinal) < 0)
        {
            return false;
        }

        if (!IsOurs(IptablesWords.Split(line.ToString())))
        {
            return false;
        }

        outside.Add(line.ToString());
        return true;
    }

    // Early flanneld had no chain of its own and put its rules into POSTROUTING and FORWARD, with the same comments.
    private static bool IsOurs(List<string> words)
    {
        for (var index = 0; index + 1 < words.Count; index++)
        {
            var value = words[index + 1];
            if (words[index] switch
            {
                "-j" or "-g" => _ownChains.Contains(value),
                "--comment" => value is IptablesRules.MasqueradeComment or IptablesRules.ForwardComment,
                _ => false,
            })
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<char> FirstWord(ReadOnlySpan<char> text)
    {
        var blank = text.IndexOf(' ');
        return blank < 0 ? text : text[..blank];
    }
}
