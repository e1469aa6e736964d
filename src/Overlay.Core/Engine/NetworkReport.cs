using Overlay.Core.Backends;

namespace Overlay.Core.Engine;

/// <summary>An open network at one moment.</summary>
/// <param name="Backend">The backend's name.</param>
/// <param name="Facts">What it says of itself.</param>
/// <param name="Status">How far the kernel has what it wants.</param>
public sealed record NetworkReport(string Backend, NetworkFacts Facts, NetworkStatus Status);
