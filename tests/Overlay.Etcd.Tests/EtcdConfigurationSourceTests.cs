using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Core.Configuration;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Etcd.Tests;

public sealed class EtcdConfigurationSourceTests(EtcdServer server) : EtcdTest, IClassFixture<EtcdServer>
{
    private const string First = """{"Network":"10.5.0.0/16","Backend":{"Type":"vxlan"}}""";

    private string Key => Prefix + "/config";

    [Fact]
    public async Task Watch_ChangesSpoiledAndDeletedMeanwhile_GivesTheUsableOnes()
    {
        await server.Cluster.PutAsync(Key, First);
        await using var configurations = Source().WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.Equal("10.5.0.0/16", (await configurations.NextAsync()).Network.ToString());
        var next = configurations.NextAsync();
        await server.Cluster.PutAsync(Key, "{ this is no JSON");
        await server.Cluster.ControlAsync("del", Key);
        await server.Cluster.PutAsync(Key, " " + First); // Another text, the same configuration.
        await server.Cluster.PutAsync(Key, """{"network":"10.6.0.0/16","backend":{"type":"VXLAN"},"Unknown":null}""");

        Assert.Equal("10.6.0.0/16", (await next).Network.ToString());
    }

    [Fact]
    public async Task Watch_NoKeyYet_WaitsAndSaysSo()
    {
        var source = Source();
        await using var configurations = source.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var next = configurations.NextAsync(TimeSpan.FromSeconds(60));
        await Deadline.UntilAsync(() => source.StoreFault is not null, () => "nothing is said", Cancellation);
        Assert.Equal($"etcd {Key} does not exist; this node waits for it", source.StoreFault);

        await server.Cluster.PutAsync(Key, First);

        Assert.Equal("10.5.0.0/16", (await next).Network.ToString());
        Assert.Null(source.StoreFault);
    }

    [Fact]
    public async Task Watch_FirstIsUnusable_ThrowsEveryMistake()
    {
        await server.Cluster.PutAsync(Key, """{"Network":"10.5.0.0/33","SubnetLen":"x","Backend":{"Type":"vxlan"}}""");
        await using var configurations = Source().WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);

        var refusal = await Assert.ThrowsAsync<ConfigurationException>(() => configurations.MoveNextAsync().AsTask());

        Assert.True(refusal.Mistakes.Count >= 2);
        Assert.All(refusal.Mistakes, mistake => Assert.StartsWith($"etcd {Key}", mistake.Where, StringComparison.Ordinal));
    }

    private EtcdConfigurationSource Source() => new(
        Connect(server.Cluster),
        new EtcdKeys(Prefix),
        new NetworkConfigurationParser(new Dictionary<string, IBackendSettings?> { ["vxlan"] = null }),
        new Random(1),
        NullLogger<EtcdConfigurationSource>.Instance);
}
