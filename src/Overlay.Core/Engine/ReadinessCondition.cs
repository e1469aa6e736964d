namespace Overlay.Core.Engine;

/// <summary>One thing that must be so before the node is ready.</summary>
/// <param name="Name">A short name: <c>peers</c>, <c>firewall</c>, <c>network</c>, <c>subnet-file</c>.</param>
/// <param name="IsMet">Whether it is so.</param>
/// <param name="Detail">How things stand, in a few words.</param>
public sealed record ReadinessCondition(string Name, bool IsMet, string Detail);
