namespace Overlay.Core.Leases;

/// <summary>What a store's watch gives.</summary>
public abstract record StoreNotice
{
    private StoreNotice()
    {
    }

    /// <summary>Changes, in order of version.</summary>
    /// <param name="Items">The changes; none when only the version went on.</param>
    /// <param name="Version">A watch which goes on after this version misses nothing.</param>
    public sealed record Changes(IReadOnlyList<StoreChange> Items, long Version) : StoreNotice;

    /// <summary>The store no longer knows all changes after the version that the watch began with: read everything again. Nothing follows.</summary>
    public sealed record HistoryLost : StoreNotice;
}
