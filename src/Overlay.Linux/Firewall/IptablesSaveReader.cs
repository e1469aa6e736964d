namespace Overlay.Linux.Firewall;

/// <summary>Reads what <c>iptables-save</c> prints, line by line: a node may have tens of thousands of rules, of which a few are ours. Lines that
/// have no known form are passed over.</summary>
internal sealed class IptablesSaveReader
{
    private static readonly string[] _ownChains = [IptablesRules.MasqueradeChain, IptablesRules.ForwardChain];
    private readonly Dictionary<string, Part> _parts = new() { ["nat"] = new([], []), ["filter"] = new([], []) };
    private Part? _part;
    private int _foreign;
    private bool _hint;

    /// <summary>Our part of what was read so far, and the number of the others' rules.</summary>
    public IptablesState State => new(Table("nat"), Table("filter")) { ForeignRules = _foreign, HasKubernetesHint = _hint };

    /// <summary>Reads a whole text.</summary>
    public static IptablesState Read(string text)
    {
        var reader = new IptablesSaveReader();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            reader.Take(line);
        }

        return reader.State;
    }

    /// <summary>Reads the next line.</summary>
    public void Take(ReadOnlySpan<char> line)
    {
        line = line.Trim();
        if (line.StartsWith('*'))
        {
            _part = _parts.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(line[1..], out var part) ? part : null;
        }
        else if (line.StartsWith(':'))
        {
            var chain = FirstWord(line[1..]).ToString();
            _hint |= chain is "KUBE-IPTABLES-HINT" or "KUBE-KUBELET-CANARY";
            if (_ownChains.Contains(chain))
            {
                _part?.Chains.TryAdd(chain, new List<string>());
            }
        }
        else if (line.StartsWith("-A ", StringComparison.Ordinal) && (_part is null || !TryTake(line, _part.Chains, _part.Outside)))
        {
            _foreign++;
        }
    }

    private IptablesTable Table(string name) => new(name, _parts[name].Chains, _parts[name].Outside);

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

    private sealed record Part(Dictionary<string, IReadOnlyList<string>> Chains, List<string> Outside);
}
