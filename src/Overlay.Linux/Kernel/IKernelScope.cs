using Overlay.Core.Backends;

namespace Overlay.Linux.Kernel;

/// <summary>One open network's share of the kernel's state: what it wants, by owner, and which entries are its to remove. What is recorded
/// here is carried out by <see cref="IDataPlane.CommitAsync"/>, together with that of all other scopes.</summary>
public interface IKernelScope : IAsyncDisposable
{
    /// <summary>Replaces everything that <paramref name="owner"/> (a peer's lease key, or the node's own device) wanted before. No entries means
    /// that it wants nothing any more; what it alone had wanted goes, so nothing stale stays behind a changed MAC or address.</summary>
    void Replace(string owner, IReadOnlyList<KernelEntry> entries);

    /// <summary>Drops every owner that is not in <paramref name="owners"/>: what a snapshot of leases means.</summary>
    void RetainOnly(IReadOnlySet<string> owners);

    /// <summary>How many entries are wanted, how many of them were not tried yet, and which the kernel refused.</summary>
    (int Entries, int Pending, IReadOnlyList<FailedEntry> Failed) Status { get; }
}
