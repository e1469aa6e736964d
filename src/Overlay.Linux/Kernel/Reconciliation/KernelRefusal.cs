namespace Overlay.Linux.Kernel;

/// <summary>The kernel's answer to a change that it did not make.</summary>
/// <param name="Text">The answer in words, the kernel's own among them.</param>
/// <param name="NeedsRemoval">Whether the change might succeed after what stands in its place is removed (EEXIST).</param>
internal sealed record KernelRefusal(string Text, bool NeedsRemoval = false);
