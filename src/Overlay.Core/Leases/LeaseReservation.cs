using System.Net;
using Overlay.Core.Addressing;

namespace Overlay.Core.Leases;

/// <summary>Makes reservations: entries without expiry for a public address.</summary>
internal sealed class LeaseReservation(StoreAccess store)
{
    private const int Tries = 100;

    /// <summary>Makes one, or takes the expiry from the lease that the node holds on the same subnets.</summary>
    public async ValueTask RunAsync(SubnetPair subnets, AddressPair address, SubnetPair network, CancellationToken cancellationToken)
    {
        if (subnets.Families != network.Families || !Contains(network.IPv4, subnets.IPv4) || !Contains(network.IPv6, subnets.IPv6))
        {
            throw new LeaseException($"{subnets} cannot be reserved: it is not inside network {network}, in the same families.");
        }

        var key = LeaseKey.Format(subnets);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var snapshot = await store.Store.ReadAsync(cancellationToken);
            var standing = snapshot.Entries.FirstOrDefault(entry => entry.Key == key);
            foreach (var lease in store.Interpret(snapshot.Entries))
            {
                var hasAddress = lease.Value is { } value && OwnLeases.HaveSameAddress(value.Attributes.PublicAddresses, address);
                if (lease.Subnets.Overlaps(subnets) && !(hasAddress && lease.Key == key))
                {
                    throw new LeaseException($"{subnets} cannot be reserved for {address}: {lease.Subnets} is leased to {lease.Value?.Attributes.PublicAddresses.ToString() ?? "somebody else"}.");
                }

                if (hasAddress && lease.Expires is null && lease.Key != key)
                {
                    throw new LeaseException($"{subnets} cannot be reserved for {address}: {lease.Subnets} is reserved for it already.");
                }
            }

            var write = new StoreWrite
            {
                Key = key,
                Value = standing?.Value.ToArray() ?? new LeaseValue(new LeaseAttributes { PublicAddresses = address }).Write(),
                ExpectedVersion = standing?.Version ?? 0,
                NoKeyCreatedAfter = standing is null ? snapshot.Version : null,
            };
            if (standing is { Expires: null } || (await store.TryWriteAsync(write, cancellationToken)).IsWritten)
            {
                return;
            }
        }

        throw new LeaseException($"{subnets} could not be reserved in {Tries} tries: other nodes were faster each time.");
    }

    private static bool Contains(IPNetwork? network, IPNetwork? subnet) =>
        network is not { } outer || subnet is not { } inner || (outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress));
}
