namespace Overlay.Core.Leases;

/// <summary>A small versioned key-value store that all nodes share. Each change gives the whole store the next version. Every method throws
/// <see cref="LeaseStoreException"/> when the store does not answer or refuses.</summary>
public interface ILeaseStore
{
    /// <summary>Reads every entry that has not expired, all of one moment.</summary>
    ValueTask<StoreSnapshot> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Writes or deletes one entry if it still is as the caller believes, in one step. An expired entry counts as absent.</summary>
    ValueTask<StoreVerdict> TryWriteAsync(StoreWrite write, CancellationToken cancellationToken);

    /// <summary>The changes after a version, in the order of their versions, expiries among them. It goes on until cancelled, or until it gives
    /// <see cref="StoreNotice.HistoryLost"/>. A change that a later one of the same key has overtaken may be left out.</summary>
    /// <param name="after">The version of a snapshot or of an earlier notice.</param>
    /// <param name="key">The only key of interest; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    IAsyncEnumerable<StoreNotice> WatchAsync(long after, string? key, CancellationToken cancellationToken);
}
