using Overlay.Core.Leases;

namespace Overlay.TestKit.Leases;

/// <summary>A store that is slow by chance, so that others act between what a node has read and what it writes.</summary>
/// <param name="store">The store behind it.</param>
/// <param name="random">The chance; one node calls at a time, or nearly so.</param>
public sealed class HesitantStore(ILeaseStore store, Random random) : ILeaseStore
{
    /// <inheritdoc/>
    public async ValueTask<StoreSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        var snapshot = await store.ReadAsync(cancellationToken);
        await HesitateAsync();
        return snapshot;
    }

    /// <inheritdoc/>
    public async ValueTask<StoreVerdict> TryWriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        await HesitateAsync();
        return await store.TryWriteAsync(write, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreNotice> WatchAsync(long after, string? key, CancellationToken cancellationToken) => store.WatchAsync(after, key, cancellationToken);

    private async Task HesitateAsync()
    {
        int wait;
        lock (random)
        {
            wait = random.Next(5);
        }

        await Task.Delay(wait, CancellationToken.None);
    }
}
