using Overlay.TestKit.Agents;
using Overlay.TestKit.Kubernetes;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>overlayd in a cluster of five thousand nodes.</summary>
[Trait("Speed", "slow")]
public sealed class KubernetesScaleTests : SystemTest
{
    private const int Nodes = 5000;

    // The names before it are those of the lab's own hosts.
    private const int First = 10;

    [Fact]
    public async Task FiveThousandNodes_AreProgrammed_AndHeartbeatsReachNoBackend()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var cluster = await ClusterLab.CreateAsync(1);
        var agent = cluster.Agents[0];
        agent.Configuration = """{ "Network": "10.0.0.0/8", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""";
        for (var number = First; number < First + Nodes; number++)
        {
            cluster.Server.State.Add(ClusterNode.CreateFlannel(number));
        }

        await agent.StartReadyAsync(Cancellation, seconds: 120);

        Assert.Equal(3 * Nodes, (await PeerEntriesAsync(agent)).Length);
        Assert.True(agent.ResidentBytes < 100 << 20, $"{agent.ResidentBytes >> 20} MiB");
        await Deadline.UntilAsync(() => cluster.Server.Watches == 1, () => agent.Process.Output, Cancellation);
        var batches = await CountBatchesAsync(agent);
        Assert.True(batches > 0, "The metric has another name.");
        for (var number = First; number < First + 2000; number++)
        {
            cluster.Server.State.Heartbeat($"node-{number}");
        }

        // What comes behind the heartbeats has come through them.
        cluster.Server.State.Delete($"node-{First + Nodes - 1}");
        await Deadline.UntilAsync(() => PeerEntriesAsync(agent).GetAwaiter().GetResult().Length == 3 * (Nodes - 1), () => agent.Process.Output, Cancellation, seconds: 60, everyMilliseconds: 500);
        // The deletion's.
        Assert.Equal(1, await CountBatchesAsync(agent) - batches);
    }

    // A batch is counted behind its last entry, and the node's own annotations come back as one: the count is taken when it has stood still for two seconds.
    // The repair of a foreign change is no batch.
    private static async Task<double> CountBatchesAsync(AgentHost agent)
    {
        var (count, unchanged) = (0.0, 0);
        await Deadline.UntilAsync(
            () =>
            {
                var now = agent.Metric("overlay_batch_duration_seconds_count");
                (count, unchanged) = (now, now == count ? unchanged + 1 : 0);
                return unchanged >= 20;
            },
            () => agent.Process.Output,
            Cancellation,
            seconds: 60,
            everyMilliseconds: 100);
        return count;
    }
}
