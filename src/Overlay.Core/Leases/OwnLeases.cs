using Overlay.Core.Addressing;

namespace Overlay.Core.Leases;

/// <summary>Tells which stored leases are this node's.</summary>
internal static class OwnLeases
{
    /// <summary>Whether two nodes are one by their public address. Like flannel, IPv4 decides where there is one; unlike flannel, a node
    /// without IPv4 is told by its IPv6 address.</summary>
    public static bool HaveSameAddress(AddressPair left, AddressPair right) => (left.IPv4, right.IPv4) switch
    {
        ({ } a, { } b) => a.Equals(b),
        (null, null) => left.IPv6 is { } a && a.Equals(right.IPv6),
        _ => false,
    };

    /// <summary>The node's leases by its public address and, after it changed that while running, by its identity. A reservation belongs to its
    /// address only.</summary>
    public static (List<StoredLease> ByAddress, List<StoredLease> ByIdentity) Find(IReadOnlyList<StoredLease> leases, AddressPair address, NodeIdentity identity)
    {
        List<StoredLease> byAddress = [], byIdentity = [];
        foreach (var lease in leases)
        {
            if (lease.Value is not { } value)
            {
                continue;
            }

            if (HaveSameAddress(value.Attributes.PublicAddresses, address))
            {
                byAddress.Add(lease);
            }
            else if (lease.Expires is not null && value.Owner?.Identity == identity)
            {
                byIdentity.Add(lease);
            }
        }

        // Reservations first: they were made by intent.
        byAddress.Sort((left, right) => (left.Expires is not null).CompareTo(right.Expires is not null));
        return (byAddress, byIdentity);
    }
}
