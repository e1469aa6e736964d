namespace Overlay.Core.Leases;

/// <summary>A lease that this run holds: its latest writing, shared by all who write it. Every write compares that version, so that what somebody
/// else has written is never overwritten unseen.</summary>
internal sealed class HeldLease(StoreAccess store, NodeMark mark, LeaseOptions options, Lease lease) : IDisposable
{
    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _version = LeaseVersions.Read(lease.Version);

    /// <summary>The lease as it was last written or seen.</summary>
    public Lease Lease { get; private set; } = lease;

    /// <summary>Why the lease is no longer held; <see langword="null"/> while it is.</summary>
    public LeaseEnd? End { get; private set; }

    /// <summary>The version of the latest writing.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Writes the lease with other attributes, or the same ones for a renewal; <see langword="false"/> when it is lost.</summary>
    public async ValueTask<bool> TryWriteAsync(LeaseAttributes? attributes, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await WriteAsync(attributes ?? Lease.Attributes, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes note of what a watch has seen under the lease's key; answers a newcomer that asks whether the owner lives.</summary>
    public async ValueTask ObserveAsync(long version, StoreEntry? entry, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // Our own writing comes back through the watch; and a watch may lag behind it.
            if (version > _version && End is null && !Accept(entry))
            {
                await WriteAsync(Lease.Attributes, cancellationToken);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Gives the lease back. A reservation stays, free of this node's data.</summary>
    public async ValueTask ReleaseAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 0; End is null; attempt++)
            {
                var verdict = await store.TryWriteAsync(Write(Lease.Expires is null ? Bare(Lease.Attributes) : null), cancellationToken);
                if (verdict.IsWritten)
                {
                    End = LeaseEnd.Lost;
                    return;
                }

                await AcceptAsync(verdict.Entry, attempt, cancellationToken);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private static LeaseValue Bare(LeaseAttributes attributes) => new(new LeaseAttributes { PublicAddresses = attributes.PublicAddresses });

    private async ValueTask<bool> WriteAsync(LeaseAttributes attributes, CancellationToken cancellationToken)
    {
        for (var attempt = 0; End is null; attempt++)
        {
            var verdict = await store.TryWriteAsync(Write(new LeaseValue(attributes, mark)), cancellationToken);
            if (verdict is { IsWritten: true, Entry: { } entry })
            {
                Take(entry, attributes);
                return true;
            }

            await AcceptAsync(verdict.Entry, attempt, cancellationToken);
        }

        return false;
    }

    /// <summary>Looks at what was in the way of a write. Usually the next one goes through; somebody who writes again and again is given time.</summary>
    private async ValueTask AcceptAsync(StoreEntry? entry, int attempt, CancellationToken cancellationToken)
    {
        Accept(entry);
        if (attempt > 0 && End is null)
        {
            await store.BackOffAsync(attempt, _shortest, _longest, cancellationToken);
        }
    }

    private StoreWrite Write(LeaseValue? value) => new()
    {
        Key = Lease.Key,
        Value = value?.Write(),
        ExpectedVersion = _version,
        TimeToLive = Lease.Expires is null ? null : options.Term,
    };

    /// <summary>Judges what stands under the key and was not written by this object.</summary>
    /// <returns>Whether the lease needs no writing: it is as it was, or it is lost.</returns>
    private bool Accept(StoreEntry? entry)
    {
        if (entry is null || LeaseValue.TryRead(entry.Value) is not { } found)
        {
            End = LeaseEnd.Lost;
            return true;
        }

        if (found.Owner == mark)
        {
            // Our own write whose answer got lost; an administrator who took the expiry away; or a newcomer's claim, which is answered by writing.
            Take(entry, Lease.Attributes);
            return found.Claim is null && found.Attributes == Lease.Attributes;
        }

        if (found.Owner is null && OwnLeases.HaveSameAddress(found.Attributes.PublicAddresses, Lease.Attributes.PublicAddresses))
        {
            // An administrator made it a reservation for this node, or corrected it by hand.
            Take(entry, Lease.Attributes);
            return false;
        }

        End = found.Owner?.Identity == mark.Identity ? LeaseEnd.Lost : LeaseEnd.TakenByAnother;
        return true;
    }

    private void Take(StoreEntry entry, LeaseAttributes attributes)
    {
        Volatile.Write(ref _version, entry.Version);
        Lease = Lease with
        {
            Attributes = attributes,
            Expires = entry.Expires,
            Version = LeaseVersions.Of(entry.Version),
        };
    }
}
