using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>What all open networks together say of this node.</summary>
/// <param name="Mtu">The smallest of their MTUs: any packet of a workload may take any of them.</param>
/// <param name="Attributes">What peers are told: the attributes of the configured network.</param>
/// <param name="Fault">Their faults, or <see langword="null"/>.</param>
internal sealed record NodeFacts(int Mtu, LeaseAttributes Attributes, string? Fault);
