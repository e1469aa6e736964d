using Overlay.Core.Backends;

namespace Overlay.Linux.Kernel;

/// <summary>One open network's share of the kernel's state: what it wants, by owner, and which entries are its to remove. What is recorded
/// here is carried out by <see cref="IDataPlane.CommitAsync"/>, together with that of all other scopes. Disposing lets go and leaves the kernel's
/// state standing.</summary>
public interface IKernelScope : IAsyncDisposable
{
    /// <summary>Replaces everything that <paramref name="owner"/> (a peer's lease key, or the node's own device) wanted before. No entries means
    /// that it wants nothing any more; what it alone had wanted goes, so nothing stale stays behind a changed MAC or address. Where several owners
    /// want different things of one key, the latest to ask gets it, and the one before gets it back.</summary>
    void Replace(string owner, IReadOnlyList<KernelEntry> entries);

    /// <summary>Drops every owner that is not in <paramref name="owners"/>: what a snapshot of leases means. Only from the first commit after this
    /// call on, entries inside the claim that nobody wants (left by an earlier run, or added by others) are removed: before it the scope may not
    /// have said everything it wants.</summary>
    void RetainOnly(IReadOnlySet<string> owners);

    /// <summary>How many entries are wanted, how many of them were not tried yet or wait for their device, and which the kernel refused; as of the
    /// last commit.</summary>
    (int Entries, int Pending, IReadOnlyList<FailedEntry> Failed) Status { get; }
}
