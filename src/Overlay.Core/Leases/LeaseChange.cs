namespace Overlay.Core.Leases;

/// <summary>One lease was written or went away.</summary>
public abstract record LeaseChange
{
    private LeaseChange()
    {
    }

    /// <summary>A lease is new or has new contents.</summary>
    public sealed record Written(Lease Lease) : LeaseChange;

    /// <summary>A lease was deleted or has expired.</summary>
    /// <param name="Key">The lease's <see cref="Lease.Key"/>.</param>
    public sealed record Removed(string Key) : LeaseChange;
}
