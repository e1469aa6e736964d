using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Leases;

/// <summary>The condition that the own node shall have.</summary>
/// <param name="Condition">The condition; <see langword="null"/> for whatever it has.</param>
internal sealed record WantedCondition(NetworkCondition? Condition);
