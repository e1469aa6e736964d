namespace Overlay.Core.Leases;

/// <summary>Why a lease is no longer this node's.</summary>
public enum LeaseEnd
{
    /// <summary>It was deleted, or it expired before it could be renewed; the subnet is free or was taken again by this node's successor.</summary>
    Lost,

    /// <summary>Another node owns the subnet now.</summary>
    TakenByAnother,
}
