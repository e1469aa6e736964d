using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Leases;

/// <summary>The own node at one moment.</summary>
/// <param name="Node">The node; <see langword="null"/> when it is not there.</param>
internal sealed record OwnSighting(NodeRecord? Node);
