namespace Overlay.Linux.Kernel;

/// <summary>One change that an <see cref="IEntryTable"/> is asked to make.</summary>
/// <param name="Wanted">What shall stand; <see langword="null"/> to remove <paramref name="Seen"/>.</param>
/// <param name="Seen">What stands there now, as far as is known.</param>
public readonly record struct EntryChange(KernelEntry? Wanted, KernelEntry? Seen);
