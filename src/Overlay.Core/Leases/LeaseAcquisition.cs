using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;

namespace Overlay.Core.Leases;

/// <summary>Takes a lease as flannel does (flannel-facts 3.5): the own one, else the preferred one, else a free one. Each write compares versions; a lost
/// race begins again from what the store says then.</summary>
internal sealed class LeaseAcquisition(StoreAccess store, NodeMark mark, LeaseOptions options, LeaseClaim claim)
{
    private const int Tries = 100;

    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(2);

    /// <summary>Takes a lease.</summary>
    /// <exception cref="LeaseException">None can be had; the message says why.</exception>
    public async ValueTask<Lease> RunAsync(LeaseRequest request, NetworkConfiguration configuration, CancellationToken cancellationToken)
    {
        var preferred = request.Preferred;
        for (int attempt = 0, lostRaces = 0; attempt < Tries; attempt++)
        {
            var (leases, version) = await store.ReadAsync(cancellationToken);
            var (byAddress, byIdentity) = OwnLeases.Find(leases, request.Attributes.PublicAddresses, mark.Identity);
            if (await claim.TakeAsync(byAddress, cancellationToken) is not { } claimed)
            {
                continue;
            }

            var mine = claimed.Concat(byIdentity).ToList();
            var chosen = Choose(mine, configuration);
            if (chosen is null && mine.Count > 0)
            {
                // What fits of the former lease is wanted again: an IPv4 network that became dual-stack keeps its IPv4 subnets.
                preferred = new SubnetPair(mine[0].Subnets.IPv4 ?? preferred.IPv4, mine[0].Subnets.IPv6 ?? preferred.IPv6);
                await DeleteAsync(mine, cancellationToken);
                continue;
            }

            var lease = chosen is null
                ? await CreateAsync(request, preferred, configuration, leases, version, cancellationToken)
                : await WriteAsync(request, chosen.Key, chosen.Subnets, chosen.Version, chosen.Expires is not null, null, cancellationToken);
            if (lease is not null)
            {
                await DeleteAsync(mine.Where(other => other != chosen), cancellationToken);
                return lease;
            }

            await store.BackOffAsync(lostRaces++, _shortest, _longest, cancellationToken);
        }

        throw new LeaseException($"No lease could be taken in {Tries} tries: other nodes were faster each time.");
    }

    private static StoredLease? Choose(List<StoredLease> mine, NetworkConfiguration configuration)
    {
        if (mine is [{ Expires: null } reservation, ..])
        {
            // SubnetMin and SubnetMax are for leases by chance; a reservation may lie beside them.
            var fits = reservation.Subnets.Families == configuration.Network.Families
                && Contains(configuration.Network.IPv4, reservation.Subnets.IPv4) && Contains(configuration.Network.IPv6, reservation.Subnets.IPv6);
            return fits ? reservation : throw new LeaseException(
                $"Subnet {reservation.Subnets} is reserved for this node's public address, but it does not fit network {configuration.Network}: delete or correct the reservation {reservation.Key}.");
        }

        return mine.Find(lease => IsInRange(configuration.IPv4Subnets, lease.Subnets.IPv4) && IsInRange(configuration.IPv6Subnets, lease.Subnets.IPv6));
    }

    private static bool Contains(IPNetwork? network, IPNetwork? subnet) =>
        (network, subnet) is ({ } outer, { } inner) ? outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress) : network is null && subnet is null;

    private static bool IsInRange(SubnetRange? range, IPNetwork? subnet) =>
        (range, subnet) is ({ } wanted, { } held) ? SubnetAllocator.IsInRange(wanted, held) : range is null && subnet is null;

    private async ValueTask<Lease?> CreateAsync(
        LeaseRequest request, SubnetPair preferred, NetworkConfiguration configuration, IReadOnlyList<StoredLease> leases, long version, CancellationToken cancellationToken)
    {
        var subnets = new SubnetPair(
            Allocate(configuration.Network.IPv4, configuration.IPv4Subnets, leases.Select(lease => lease.Subnets.IPv4), preferred.IPv4),
            Allocate(configuration.Network.IPv6, configuration.IPv6Subnets, leases.Select(lease => lease.Subnets.IPv6), preferred.IPv6));
        return await WriteAsync(request, LeaseKey.Format(subnets), subnets, 0, true, version, cancellationToken);
    }

    private IPNetwork? Allocate(IPNetwork? network, SubnetRange? range, IEnumerable<IPNetwork?> taken, IPNetwork? preferred)
    {
        if (network is not { } whole || range is null)
        {
            return null;
        }

        var allocator = new SubnetAllocator(whole, range, taken.OfType<IPNetwork>());
        return store.Draw(random => allocator.Choose(preferred, random)) ?? throw new LeaseException(allocator.Exhaustion());
    }

    private async ValueTask<Lease?> WriteAsync(
        LeaseRequest request, string key, SubnetPair subnets, long expectedVersion, bool expires, long? noKeyCreatedAfter, CancellationToken cancellationToken)
    {
        var verdict = await store.TryWriteAsync(
            new StoreWrite
            {
                Key = key,
                Value = new LeaseValue(request.Attributes, mark).Write(),
                ExpectedVersion = expectedVersion,
                TimeToLive = expires ? options.Term : null,
                NoKeyCreatedAfter = noKeyCreatedAfter,
            },
            cancellationToken);
        return verdict is { IsWritten: true, Entry: { } entry }
            ? new Lease { Subnets = subnets, Attributes = request.Attributes, Expires = entry.Expires, Version = LeaseVersions.Of(entry.Version) }
            : null;
    }

    private async ValueTask DeleteAsync(IEnumerable<StoredLease> leases, CancellationToken cancellationToken)
    {
        foreach (var lease in leases.Where(lease => lease.Expires is not null))
        {
            await store.TryWriteAsync(new StoreWrite { Key = lease.Key, Value = null, ExpectedVersion = lease.Version }, cancellationToken);
        }
    }
}
