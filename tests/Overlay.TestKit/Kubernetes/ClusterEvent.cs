namespace Overlay.TestKit.Kubernetes;

/// <summary>One change of a node, as a watch sends it.</summary>
/// <param name="Version">The cluster's version after it.</param>
/// <param name="Type">ADDED, MODIFIED or DELETED.</param>
/// <param name="Name">The node.</param>
/// <param name="Json">The node after the change; at a deletion, its last state with the version of the deletion.</param>
public sealed record ClusterEvent(long Version, string Type, string Name, string Json);
