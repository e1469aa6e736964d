using Overlay.Core.Backends;

namespace Overlay.Linux.Kernel;

/// <summary>Takes down what a network wants, until the next commit.</summary>
internal sealed class KernelScope(KernelReconciler reconciler, ScopeState state) : IKernelScope
{
    /// <inheritdoc/>
    public (int Entries, int Pending, IReadOnlyList<FailedEntry> Failed) Status => state.Status;

    /// <inheritdoc/>
    public void Replace(string owner, IReadOnlyList<KernelEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(entries);
        reconciler.Record(new Wish.Replacement(state, owner, [.. entries]));
    }

    /// <inheritdoc/>
    public void RetainOnly(IReadOnlySet<string> owners)
    {
        ArgumentNullException.ThrowIfNull(owners);
        reconciler.Record(new Wish.Retention(state, owners.ToHashSet(StringComparer.Ordinal)));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await reconciler.CloseAsync(state);
}
