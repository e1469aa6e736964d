namespace Overlay.Core.Backends;

/// <summary>A peer that a backend cannot serve.</summary>
/// <param name="LeaseKey">The peer's <see cref="Leases.Lease.Key"/>.</param>
/// <param name="Reason">Why, and what would help, in one sentence.</param>
public sealed record RefusedPeer(string LeaseKey, string Reason);
