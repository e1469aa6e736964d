using Overlay.Core.Backends;

namespace Overlay.Linux.Kernel;

/// <summary>Owns the kernel's state: compares what the scopes want with what is there, sends the difference in batches, and repairs what others
/// change.</summary>
public interface IKernelReconciler : IDataPlane
{
    /// <summary>Opens a scope.</summary>
    IKernelScope OpenScope(ScopeClaim claim);

    /// <summary>Says what <see cref="IDataPlane.CommitAsync"/> would change in the kernel, one line for each change, and changes nothing. What
    /// was recorded stays recorded.</summary>
    ValueTask<IReadOnlyList<string>> PlanAsync(CancellationToken cancellationToken);

    /// <summary>Takes away everything inside <paramref name="claim"/>, whoever made it, and says what was removed, one line for each entry. For a claim of
    /// which no scope is open.</summary>
    /// <exception cref="Core.Diagnostics.OverlayException">The kernel refused some of it; the message names what is left.</exception>
    ValueTask<IReadOnlyList<string>> RemoveAsync(ScopeClaim claim, CancellationToken cancellationToken);

    /// <summary>The latest repairs of foreign changes, newest first; a few dozen at most.</summary>
    IReadOnlyList<KernelRepair> LastRepairs { get; }
}
