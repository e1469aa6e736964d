namespace Overlay.Core.Leases;

/// <summary>All entries of a store at one moment.</summary>
/// <param name="Version">The store's version; a watch goes on from it.</param>
/// <param name="Entries">The entries, in no order.</param>
public sealed record StoreSnapshot(long Version, IReadOnlyList<StoreEntry> Entries);
