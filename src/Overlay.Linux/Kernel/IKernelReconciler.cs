using Overlay.Core.Backends;

namespace Overlay.Linux.Kernel;

/// <summary>Owns the kernel's state: compares what the scopes want with what is there, sends the difference in batches, and repairs what others
/// change.</summary>
public interface IKernelReconciler : IDataPlane
{
    /// <summary>Opens a scope. Entries found within its claim that nobody wants are removed at the first commit.</summary>
    IKernelScope OpenScope(ScopeClaim claim);
}
