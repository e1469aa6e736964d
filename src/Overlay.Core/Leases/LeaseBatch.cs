namespace Overlay.Core.Leases;

/// <summary>What a watch gives: all leases (at start and after every gap in the history), or the changes since the batch before.</summary>
public abstract record LeaseBatch
{
    private LeaseBatch()
    {
    }

    /// <summary>All leases there are. What is not in it does not exist.</summary>
    public sealed record Snapshot(IReadOnlyList<Lease> Leases) : LeaseBatch;

    /// <summary>Changes, in the order in which the store took them.</summary>
    public sealed record Changes(IReadOnlyList<LeaseChange> Items) : LeaseBatch;
}
