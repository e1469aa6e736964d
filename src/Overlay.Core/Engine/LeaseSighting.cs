using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>The own lease and when it was last seen written.</summary>
internal sealed record LeaseSighting(Lease Lease, DateTimeOffset Written);
