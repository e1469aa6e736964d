using System.Runtime.CompilerServices;
using Overlay.Core.Leases;

namespace Overlay.TestKit.Leases;

/// <summary>A store that does not answer while a test says so.</summary>
/// <param name="store">The store behind it.</param>
public sealed class FlakyStore(ILeaseStore store) : ILeaseStore
{
    /// <summary>Whether calls fail.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether the next write is carried out, but its answer gets lost.</summary>
    public bool LosesNextAnswer { get; set; }

    /// <inheritdoc/>
    public async ValueTask<StoreSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        Check();
        return await store.ReadAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<StoreVerdict> TryWriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        Check();
        var verdict = await store.TryWriteAsync(write, cancellationToken);
        if (LosesNextAnswer)
        {
            LosesNextAnswer = false;
            throw new LeaseStoreException("The answer got lost.") { IsTransient = true };
        }

        return verdict;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreNotice> WatchAsync(long after, string? key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Check();
        await foreach (var notice in store.WatchAsync(after, key, cancellationToken))
        {
            Check();
            yield return notice;
        }
    }

    private void Check()
    {
        if (IsAway)
        {
            throw new LeaseStoreException("The store is away.") { IsTransient = true };
        }
    }
}
