using System.Text;
using Overlay.Core.Leases;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Core.Tests.Leases;

/// <summary>Runs alone: memory is counted for the whole process.</summary>
[CollectionDefinition(nameof(LeaseMemoryTests), DisableParallelization = true)]
[Collection(nameof(LeaseMemoryTests))]
public sealed class LeaseMemoryTests
{
    private const int Leases = 10_000;

    [Fact]
    public async Task Watch_TenThousandLeases_KeepsLessThanOneKibibyteForEach()
    {
        using var store = new InMemoryLeaseStore(TimeProvider.System, historyLimit: 1);
        for (var i = 0; i < Leases; i++)
        {
            var write = new StoreWrite
            {
                Key = $"10.{i / 256}.{i % 256}.0-24&2001:cafe:{i + 1:x}::-64",
                Value = Encoding.UTF8.GetBytes(
                    $$$"""{"PublicIP":"172.16.{{{i / 256}}}.{{{i % 256}}}","PublicIPv6":"fd00::{{{i:x}}}","BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:44"},"BackendV6Data":{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:45"}}"""),
                ExpectedVersion = 0,
                TimeToLive = TimeSpan.FromDays(1),
            };
            Assert.True((await store.TryWriteAsync(write, TestContext.Current.CancellationToken)).IsWritten);
        }

        using var node = new TestNode(store, TimeProvider.System, "192.168.1.1", """{"Network":"10.0.0.0/8"}""");
        await using var batches = node.Manager.WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var snapshot = Assert.IsType<LeaseBatch.Snapshot>(await batches.NextAsync());
        var after = GC.GetTotalMemory(forceFullCollection: true);

        Assert.Equal(Leases, snapshot.Leases.Count);
        // The design's bound; 814 bytes were measured.
        Assert.InRange((after - before) / Leases, 0, 1024);
        GC.KeepAlive(snapshot);
    }
}
