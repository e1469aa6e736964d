using Overlay.Core.Addressing;

namespace Overlay.Core.Leases;

/// <summary>What a node asks the lease manager for.</summary>
/// <param name="Attributes">What peers are to know; its public addresses identify the node.</param>
/// <param name="Preferred">Subnets that the node held before, from <c>subnet.env</c>; taken when free and within the range.</param>
public sealed record LeaseRequest(LeaseAttributes Attributes, SubnetPair Preferred = default);
