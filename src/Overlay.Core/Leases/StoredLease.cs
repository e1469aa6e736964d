using Overlay.Core.Addressing;

namespace Overlay.Core.Leases;

/// <summary>A lease as it stands in a store.</summary>
internal sealed class StoredLease
{
    /// <summary>The entry's key.</summary>
    public required string Key { get; init; }

    /// <summary>The subnets that the key says; they are taken even when the value cannot be read.</summary>
    public required SubnetPair Subnets { get; init; }

    /// <summary>The value; <see langword="null"/> when it cannot be read.</summary>
    public required LeaseValue? Value { get; init; }

    /// <summary>Which writing of the entry this is.</summary>
    public required long Version { get; init; }

    /// <summary>When it expires; <see langword="null"/> for a reservation.</summary>
    public required DateTimeOffset? Expires { get; init; }

    /// <summary>A lease without end that no node has taken yet: it keeps its subnet, but is no peer.</summary>
    public bool IsBareReservation => Expires is null && Value is { Owner: null, Attributes.BackendType: "" };

    /// <summary>Reads an entry; <see langword="null"/> when its key is no lease's.</summary>
    public static StoredLease? TryRead(StoreEntry entry) => !LeaseKey.TryParse(entry.Key, out var subnets) ? null : new StoredLease
    {
        Key = entry.Key,
        Subnets = subnets,
        // A key in another spelling than ours (upper case) would be a second key for the same lease.
        Value = LeaseKey.Format(subnets) == entry.Key ? LeaseValue.TryRead(entry.Value) : null,
        Version = entry.Version,
        Expires = entry.Expires,
    };

    /// <summary>The lease as peers see it; <see langword="null"/> when it is none.</summary>
    public Lease? ToLease() => Value is null || IsBareReservation ? null : new Lease
    {
        Subnets = Subnets,
        Attributes = Value.Attributes,
        Expires = Expires,
        Version = LeaseVersions.Of(Version),
    };
}
