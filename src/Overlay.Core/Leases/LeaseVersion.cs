namespace Overlay.Core.Leases;

/// <summary>Which writing of a lease this is. Opaque: a store's revision, or Kubernetes' resourceVersion. A write compares it, so that a node
/// which slept past its expiry cannot overwrite the next owner.</summary>
/// <param name="Value">The store's own text; empty when the lease was never stored.</param>
public readonly record struct LeaseVersion(string Value);
