using Overlay.Linux.Kernel;

namespace Overlay.Linux.Backends;

/// <summary>What a peer needs in the kernel, or why it cannot be served. A dual-stack peer may be served in one family and refused in the other.</summary>
/// <param name="Entries">The entries, in the order in which they are added.</param>
/// <param name="Refusal">The reason and the remedy, in one sentence; <see langword="null"/> when the peer is served.</param>
public sealed record PeerPlan(IReadOnlyList<KernelEntry> Entries, string? Refusal = null);
