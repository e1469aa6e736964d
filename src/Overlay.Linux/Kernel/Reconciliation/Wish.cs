namespace Overlay.Linux.Kernel;

/// <summary>What was recorded in a scope and waits for a commit.</summary>
internal abstract record Wish
{
    private Wish()
    {
    }

    /// <summary>Makes the wish part of a ledger; <paramref name="find"/> gives the ledger's own state of a scope.</summary>
    public abstract void Apply(Ledger ledger, Func<ScopeState, ScopeState> find);

    /// <summary>The same wish to be applied to another ledger.</summary>
    public virtual Wish Copy() => this;

    /// <summary>An owner wants these entries and no others.</summary>
    public sealed record Replacement(ScopeState Scope, string Owner, KernelEntry[] Entries) : Wish
    {
        /// <inheritdoc/>
        public override void Apply(Ledger ledger, Func<ScopeState, ScopeState> find) => ledger.Replace(find(Scope), Owner, Entries);

        /// <inheritdoc/>
        public override Wish Copy() => this with { Entries = [.. Entries] };
    }

    /// <summary>No other owners want anything.</summary>
    public sealed record Retention(ScopeState Scope, IReadOnlySet<string> Owners) : Wish
    {
        /// <inheritdoc/>
        public override void Apply(Ledger ledger, Func<ScopeState, ScopeState> find) => ledger.RetainOnly(find(Scope), Owners);
    }
}
