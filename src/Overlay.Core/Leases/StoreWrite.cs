namespace Overlay.Core.Leases;

/// <summary>A write to one key, with what must be true for it.</summary>
public sealed record StoreWrite
{
    /// <summary>The key.</summary>
    public required string Key { get; init; }

    /// <summary>The new value; <see langword="null"/> deletes the key.</summary>
    public required byte[]? Value { get; init; }

    /// <summary>The <see cref="StoreEntry.Version"/> that the key must have; 0 when it must not exist.</summary>
    public required long ExpectedVersion { get; init; }

    /// <summary>How long the entry lives; <see langword="null"/> for ever.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>The write is refused when a key that now exists was created after this version: overlapping subnets have different keys, so
    /// comparing one key does not keep two nodes apart.</summary>
    public long? NoKeyCreatedAfter { get; init; }
}
