using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Leases;

/// <summary>Finds out whether a lease of this node's public address belongs to another living node, a cloned machine, or to this node's own past. The
/// newcomer writes a claim beside the owner's data, which peers do not notice. A living owner sees it and writes its lease anew without it; when
/// nothing has happened after a while, nobody is there, and the lease may be taken at the claim's own version.</summary>
internal sealed partial class LeaseClaim(StoreAccess store, NodeMark mark, LeaseOptions options, ILogger logger)
{
    /// <summary>Claims every lease that another run wrote.</summary>
    /// <returns>The leases at the versions to take them at; <see langword="null"/> when they have changed meanwhile, and all begins again.</returns>
    /// <exception cref="LeaseException">The owner lives.</exception>
    public async ValueTask<IReadOnlyList<StoredLease>?> TakeAsync(List<StoredLease> leases, CancellationToken cancellationToken)
    {
        var foreign = leases.FindAll(IsForeign);
        if (foreign.Count == 0)
        {
            return leases;
        }

        var claims = new Dictionary<string, StoredLease>(StringComparer.Ordinal);
        foreach (var lease in foreign)
        {
            if (await WriteAsync(lease, cancellationToken) is not { } claimed)
            {
                return null;
            }

            claims.Add(lease.Key, claimed);
        }

        await Task.Delay(options.ClaimWindow, store.Clock, cancellationToken);
        var (now, _) = await store.ReadAsync(cancellationToken);
        foreach (var claimed in claims.Values)
        {
            Judge(claimed, now.FirstOrDefault(lease => lease.Key == claimed.Key), out var isUncontested);
            if (!isUncontested)
            {
                return null;
            }
        }

        return [.. leases.Select(lease => claims.GetValueOrDefault(lease.Key, lease))];
    }

    private bool IsForeign(StoredLease lease) => lease.Value is { Owner: { } owner } && owner.Identity != mark.Identity;

    private async ValueTask<StoredLease?> WriteAsync(StoredLease lease, CancellationToken cancellationToken)
    {
        var value = lease.Value!;
        if (value.Claim is { } other && other != mark)
        {
            // Another newcomer asks already. It is left its time, and then asked for the outcome.
            await Task.Delay(options.ClaimWindow * 1.5, store.Clock, cancellationToken);
        }

        Log.Claiming(logger, lease.Subnets.ToString(), value.Attributes.PublicAddresses.ToString());
        value = value with { Claim = mark };
        var left = lease.Expires - store.Clock.GetUtcNow() is var rest && rest > options.Term ? options.Term : rest; // A claim prolongs nothing.
        if (left <= TimeSpan.Zero)
        {
            return null;
        }

        var verdict = await store.TryWriteAsync(
            new StoreWrite { Key = lease.Key, Value = value.Write(), ExpectedVersion = lease.Version, TimeToLive = left }, cancellationToken);
        return verdict is { IsWritten: true, Entry: { } entry } ? StoredLease.TryRead(entry) : null;
    }

    private void Judge(StoredLease claimed, StoredLease? now, out bool isUncontested)
    {
        isUncontested = now?.Version == claimed.Version;
        if (!isUncontested && now?.Value is { Claim: null, Owner: { } owner } && owner == claimed.Value!.Owner)
        {
            throw new LeaseException(
                $"The public address {claimed.Value.Attributes.PublicAddresses} is in use by another living node, which holds lease {claimed.Subnets} (node {owner.Identity.NodeId}, this one is {mark.Identity.NodeId}). "
                + "Is this machine a clone of that one? Give it an address of its own, or name another with --public-ip or --public-ipv6.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Leases + 4, LogLevel.Information, "Lease {Subnets} of public address {Address} was written by another run; asking whether its owner lives")]
        public static partial void Claiming(ILogger logger, string subnets, string address);
    }
}
