using Microsoft.Extensions.Logging;
using Overlay.Core.Leases;
using Overlay.Etcd.Connection;
using Overlay.TestKit.Etcd;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Etcd.Tests;

/// <summary>What tests of the store on the real clock have in common: stores under the test's own prefix, and short forms of writing.</summary>
public abstract class EtcdTest : IDisposable
{
    private readonly Stack<IDisposable> _opened = new();

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected string Prefix { get; } = EtcdServer.NewPrefix();

    /// <summary>Another node's store on the same data.</summary>
    internal EtcdLeaseStore Open(EtcdCluster cluster, Action<EtcdOptions>? change = null, ILogger? logger = null) =>
        EtcdServer.Store(Connect(cluster, change, logger), Prefix);

    internal EtcdClient Connect(EtcdCluster cluster, Action<EtcdOptions>? change = null, ILogger? logger = null)
    {
        var client = EtcdServer.Connect(EtcdServer.OptionsOf(cluster, Prefix, change), logger);
        _opened.Push(client);
        return client;
    }

    /// <summary>A whole node, with leases that last as long as the test wants.</summary>
    internal TestNode Node(EtcdCluster cluster, string address, string configuration = """{"Network":"10.244.0.0/16"}""", Action<LeaseOptions>? lease = null, string incarnation = "boot1")
    {
        var node = new TestNode(Open(cluster), TimeProvider.System, address, configuration, incarnation, configure: lease);
        _opened.Push(node);
        return node;
    }

    protected Task PutLeaseAsync(EtcdCluster cluster, string key, string value, params string[] options) => cluster.PutAsync($"{Prefix}/subnets/{key}", value, options);

    protected static StoreWrite Put(string key, string value, long expectedVersion = 0, TimeSpan? timeToLive = null) => new()
    {
        Key = key,
        Value = System.Text.Encoding.UTF8.GetBytes(value),
        ExpectedVersion = expectedVersion,
        TimeToLive = timeToLive,
    };

    /// <summary>The next notice that has changes.</summary>
    protected static async Task<StoreNotice.Changes> NextChangesAsync(IAsyncEnumerator<StoreNotice> notices)
    {
        while (true)
        {
            if (await notices.NextAsync(TimeSpan.FromSeconds(60)) is StoreNotice.Changes { Items.Count: > 0 } changes)
            {
                return changes;
            }
        }
    }

    public void Dispose()
    {
        while (_opened.TryPop(out var opened))
        {
            opened.Dispose();
        }

        GC.SuppressFinalize(this);
    }
}
