namespace Overlay.Core.Leases;

/// <summary>One key was written, or went away by deletion or expiry.</summary>
/// <param name="Key">The key.</param>
/// <param name="Version">The store's version after the change.</param>
/// <param name="Entry">The entry as it was written; <see langword="null"/> when it went away.</param>
public sealed record StoreChange(string Key, long Version, StoreEntry? Entry);
