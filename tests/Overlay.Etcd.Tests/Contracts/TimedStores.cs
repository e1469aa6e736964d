using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Leases;

namespace Overlay.Etcd.Tests.Contracts;

/// <summary>What one test opens under its own prefix.</summary>
public sealed class TimedStores(EtcdServer server) : IDisposable
{
    private readonly string _prefix = EtcdServer.NewPrefix();
    private readonly Stack<IDisposable> _opened = new();

    public ILeaseStore Open(FakeTimeProvider clock, int historyLimit)
    {
        var client = EtcdServer.Connect(EtcdServer.OptionsOf(server.Cluster, _prefix));
        var store = new TimedStore(EtcdServer.Store(client, _prefix, clock), clock, server.Cluster, historyLimit);
        lock (_opened)
        {
            _opened.Push(client);
            _opened.Push(store);
        }

        return store;
    }

    public void Dispose()
    {
        while (_opened.TryPop(out var opened))
        {
            opened.Dispose();
        }
    }
}
