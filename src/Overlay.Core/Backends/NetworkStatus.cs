namespace Overlay.Core.Backends;

/// <summary>How far the kernel has what a network wants, at one moment.</summary>
/// <param name="Peers">Peers that are wanted, the refused ones not counted.</param>
/// <param name="Entries">Kernel entries that are wanted.</param>
/// <param name="Pending">How many of them were not tried yet since they were last wanted or lost.</param>
/// <param name="Failed">Those that the kernel refused at the last try.</param>
/// <param name="Refused">Peers that the backend cannot serve.</param>
public sealed record NetworkStatus(int Peers, int Entries, int Pending, IReadOnlyList<FailedEntry> Failed, IReadOnlyList<RefusedPeer> Refused);
