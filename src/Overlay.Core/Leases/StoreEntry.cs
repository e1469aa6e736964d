namespace Overlay.Core.Leases;

/// <summary>One key of a store with its value.</summary>
public sealed class StoreEntry
{
    /// <summary>The key: a <see cref="Lease.Key"/>.</summary>
    public required string Key { get; init; }

    /// <summary>The value, UTF-8 text.</summary>
    public required ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>The store's version after this writing.</summary>
    public required long Version { get; init; }

    /// <summary>The store's version after the writing which made the key.</summary>
    public required long CreateVersion { get; init; }

    /// <summary>When the entry goes away by itself; <see langword="null"/> for never. A store that knows only that it does says
    /// <see cref="DateTimeOffset.MaxValue"/> for entries that others have written.</summary>
    public DateTimeOffset? Expires { get; init; }
}
