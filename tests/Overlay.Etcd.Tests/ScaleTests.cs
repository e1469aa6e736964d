using Google.Protobuf;
using Overlay.Core.Leases;
using Overlay.Etcd.Protocol;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Etcd.Tests;

/// <summary>Ten thousand leases, and what they cost etcd.</summary>
public sealed class ScaleTests(EtcdServer server) : EtcdTest, IClassFixture<EtcdServer>
{
    private const int Leases = 10_000;

    [Fact]
    public async Task WatchSnapshot_TenThousandLeasesOfFlannel_IsOneRequestAndNoneForEach()
    {
        await SeedAsync(Leases);
        var store = Open(server.Cluster);
        await store.ReadAsync(Cancellation);
        using var node = Node(server.Cluster, "192.168.64.3", """{"Network":"10.0.0.0/8","SubnetLen":24}""");
        var before = await server.Cluster.CallsAsync();

        await using var batches = node.Manager.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var snapshot = Assert.IsType<LeaseBatch.Snapshot>(await batches.NextAsync(TimeSpan.FromSeconds(60)));

        var after = await server.Cluster.CallsAsync();
        Assert.Equal(Leases, snapshot.Leases.Count);
        Assert.Equal(1, after["Range"] - before["Range"]);
        Assert.Equal(0, after.GetValueOrDefault("LeaseTimeToLive"));
    }

    [Fact]
    public async Task Acquire_TenThousandLeases_NeedsAsManyRequestsAsOne()
    {
        using var first = Node(server.Cluster, "192.168.64.3", """{"Network":"10.0.0.0/8","SubnetLen":24}""");
        var calls = await CountAsync(() => first.AcquireAsync(cancellationToken: Cancellation));
        await SeedAsync(Leases);
        using var second = Node(server.Cluster, "192.168.64.4", """{"Network":"10.0.0.0/8","SubnetLen":24}""");

        Assert.Equal(calls, await CountAsync(() => second.AcquireAsync(cancellationToken: Cancellation)));
        Assert.Equal("LeaseGrant 1, Range 1, Txn 1", calls);
    }

    [Fact]
    public async Task Read_MoreThanOnePage_IsOfOneMoment()
    {
        const int Many = (2 * Leases) + 500;
        await SeedAsync(Many);

        var snapshot = await Open(server.Cluster).ReadAsync(Cancellation);

        Assert.Equal(Many, snapshot.Entries.Select(entry => entry.Key).Distinct().Count());
        Assert.Equal(await server.Cluster.RevisionAsync(), snapshot.Version);
    }

    [Fact]
    public async Task Watch_ThousandsOfChanges_ComeOnceEachInOrder()
    {
        var store = Open(server.Cluster);
        var version = (await store.ReadAsync(Cancellation)).Version;
        await using var notices = store.WatchAsync(version, null, Cancellation).GetAsyncEnumerator(Cancellation);
        var writing = SeedAsync(3_000, perTransaction: 1);

        var seen = new List<StoreChange>();
        while (seen.Count < 3_000)
        {
            seen.AddRange((await NextChangesAsync(notices)).Items);
        }

        await writing;
        Assert.Equal(3_000, seen.Select(change => change.Key).Distinct().Count());
        Assert.Equal(seen.Select(change => change.Version).Order(), seen.Select(change => change.Version));
    }

    private async Task<string> CountAsync(Func<Task> action)
    {
        var before = await server.Cluster.CallsAsync();
        await action();
        var after = await server.Cluster.CallsAsync();
        // The node's own connection counts, etcdctl's does not: that is not used here.
        return string.Join(", ", after.Where(call => call.Value > before.GetValueOrDefault(call.Key)).OrderBy(call => call.Key, StringComparer.Ordinal).Select(call => $"{call.Key} {call.Value - before.GetValueOrDefault(call.Key)}"));
    }

    /// <summary>Writes leases in flannel's bytes, many in a transaction: etcd takes at most 128 changes in one.</summary>
    private async Task SeedAsync(int count, int perTransaction = 100)
    {
        var client = Connect(server.Cluster);
        var keys = new EtcdKeys(Prefix);
        var lease = 4711 + count;
        Assert.True(await client.TryGrantAsync(lease, 86_400, Cancellation) || count > 0);
        foreach (var numbers in Enumerable.Range(0, count).Chunk(perTransaction))
        {
            var request = new TxnRequest();
            foreach (var number in numbers)
            {
                var value = $$$"""{"PublicIP":"172.16.{{{number / 250}}}.{{{(number % 250) + 1}}}","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"02:00:00:00:{{{number / 256:x2}}}:{{{number % 256:x2}}}"}}""";
                request.Success.Add(new RequestOp { RequestPut = new PutRequest { Key = keys.OfLease($"10.{1 + (number / 256)}.{number % 256}.0-24"), Value = ByteString.CopyFromUtf8(value), Lease = lease } });
            }

            await client.TxnAsync(request, Cancellation);
        }
    }
}
