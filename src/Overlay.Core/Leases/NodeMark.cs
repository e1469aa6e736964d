namespace Overlay.Core.Leases;

/// <summary>Which run of which node wrote a lease.</summary>
/// <param name="Identity">The node.</param>
/// <param name="Session">The run: a random text that each lease manager makes for itself.</param>
internal sealed record NodeMark(NodeIdentity Identity, string Session);
