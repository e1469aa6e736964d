namespace Overlay.Core.Leases;

/// <summary>What became of a <see cref="StoreWrite"/>.</summary>
/// <param name="IsWritten">Whether it was carried out; otherwise somebody else was first, and nothing changed.</param>
/// <param name="Entry">What stands under the key now; <see langword="null"/> when nothing does.</param>
public readonly record struct StoreVerdict(bool IsWritten, StoreEntry? Entry);
