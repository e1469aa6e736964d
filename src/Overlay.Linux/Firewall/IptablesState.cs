namespace Overlay.Linux.Firewall;

/// <summary>Our part of one family's iptables rules in one variant, and what tells who else uses that variant.</summary>
/// <param name="Nat">Where masquerading is.</param>
/// <param name="Filter">Where forwarding is.</param>
internal sealed record IptablesState(IptablesTable Nat, IptablesTable Filter)
{
    /// <summary>Nothing of ours.</summary>
    public static IptablesState Empty { get; } = new(IptablesTable.Empty("nat"), IptablesTable.Empty("filter"));

    /// <summary>How many rules of others stand.</summary>
    public int ForeignRules { get; init; }

    /// <summary>Whether the kubelet left the chains by which it shows the variant that it uses.</summary>
    public bool HasKubernetesHint { get; init; }

    /// <summary>Whether there is nothing of ours.</summary>
    public bool IsEmpty => Nat.IsEmpty && Filter.IsEmpty;

    /// <summary>Whether our parts are alike.</summary>
    public bool Matches(IptablesState other) => Nat.Matches(other.Nat) && Filter.Matches(other.Filter);

    /// <summary>Whether our parts have the same chains with as many rules in each.</summary>
    public bool HasShapeOf(IptablesState other) => Nat.HasShapeOf(other.Nat) && Filter.HasShapeOf(other.Filter);
}
