using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Leases;
using Overlay.TestKit.Etcd;

namespace Overlay.Etcd.Tests.Contracts;

/// <summary>An etcd whose leases end by the test's clock: nobody can turn etcd's own clock, so what is overdue by the test's is deleted in the moment in
/// which etcd would have done it. A short history is made by compaction.</summary>
internal sealed class TimedStore : ILeaseStore, IDisposable
{
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(1);

    private readonly EtcdLeaseStore _store;
    private readonly FakeTimeProvider _clock;
    private readonly EtcdCluster _cluster;
    private readonly int _historyLimit;
    private readonly ITimer _timer;
    private int _isSweeping;

    public TimedStore(EtcdLeaseStore store, FakeTimeProvider clock, EtcdCluster cluster, int historyLimit)
    {
        (_store, _clock, _cluster, _historyLimit) = (store, clock, cluster, historyLimit);
        _timer = clock.CreateTimer(_ => SweepBeside(), null, _period, _period);
    }

    public async ValueTask<StoreSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        await SweepAsync();
        return await _store.ReadAsync(cancellationToken);
    }

    public async ValueTask<StoreVerdict> TryWriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        await SweepAsync();
        var verdict = await _store.TryWriteAsync(write, cancellationToken);
        if (_historyLimit < 10_000 && verdict.Entry is { } entry && entry.Version > _historyLimit)
        {
            await _cluster.ControlAsync("compact", $"{entry.Version - _historyLimit}");
        }

        return verdict;
    }

    public IAsyncEnumerable<StoreNotice> WatchAsync(long after, string? key, CancellationToken cancellationToken) => _store.WatchAsync(after, key, cancellationToken);

    public void Dispose() => _timer.Dispose();

    private void SweepBeside()
    {
        if (Interlocked.Exchange(ref _isSweeping, 1) == 0)
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    await SweepAsync();
                }
                catch (Exception exception) when (exception is LeaseStoreException or ObjectDisposedException)
                {
                    // The test is over.
                }
                finally
                {
                    Volatile.Write(ref _isSweeping, 0);
                }
            });
        }
    }

    private async Task SweepAsync()
    {
        foreach (var entry in (await _store.ReadAsync(CancellationToken.None)).Entries.Where(entry => entry.Expires <= _clock.GetUtcNow()))
        {
            await _store.TryWriteAsync(new StoreWrite { Key = entry.Key, Value = null, ExpectedVersion = entry.Version }, CancellationToken.None);
        }
    }
}
