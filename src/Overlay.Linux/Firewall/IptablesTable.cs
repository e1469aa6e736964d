namespace Overlay.Linux.Firewall;

/// <summary>Our part of one iptables table. It describes what stands as well as what is wanted, so that every task is the way from one
/// to the other: apply, repair, undo and removal.</summary>
/// <param name="Name"><c>nat</c> or <c>filter</c>.</param>
/// <param name="Chains">Our chains, each with its rules in order.</param>
/// <param name="Outside">Our rules in chains of others: the jumps.</param>
/// <remarks>A rule is a line as <c>iptables-save</c> prints it: <c>-A CHAIN ...</c>.</remarks>
internal sealed record IptablesTable(string Name, IReadOnlyDictionary<string, IReadOnlyList<string>> Chains, IReadOnlyList<string> Outside)
{
    /// <summary>Nothing of ours.</summary>
    public static IptablesTable Empty(string name) => new(name, new Dictionary<string, IReadOnlyList<string>>(), []);

    /// <summary>Whether there is nothing of ours.</summary>
    public bool IsEmpty => Chains.Count == 0 && Outside.Count == 0;

    /// <summary>Whether the two are alike: chains, completeness, order.</summary>
    public bool Matches(IptablesTable other) =>
        Outside.Order(StringComparer.Ordinal).SequenceEqual(other.Outside.Order(StringComparer.Ordinal), StringComparer.Ordinal)
        && Chains.Count == other.Chains.Count
        && Chains.All(chain => other.Chains.TryGetValue(chain.Key, out var rules) && chain.Value.SequenceEqual(rules, StringComparer.Ordinal));

    /// <summary>Whether the two have the same chains with as many rules in each.</summary>
    public bool HasShapeOf(IptablesTable other) =>
        Outside.Count == other.Outside.Count
        && Chains.Count == other.Chains.Count
        && Chains.All(chain => other.Chains.TryGetValue(chain.Key, out var rules) && chain.Value.Count == rules.Count);
}
