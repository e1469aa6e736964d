namespace Overlay.Agent.Control;

/// <summary>What <c>overlayd plan --json</c> prints.</summary>
/// <param name="Subnets">The subnets that the changes are for.</param>
/// <param name="IsLeaseHeld">Whether the node has them, or might get them.</param>
/// <param name="Changes">One line for each change.</param>
internal sealed record PlanDocument(string Subnets, bool IsLeaseHeld, IReadOnlyList<string> Changes);
