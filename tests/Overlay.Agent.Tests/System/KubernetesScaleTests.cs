using Overlay.TestKit.Agents;
using Overlay.TestKit.Kubernetes;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>overlayd in a cluster of five thousand nodes.</summary>
[Trait("Speed", "slow")]
public sealed class KubernetesScaleTests : SystemTest
{
    private const int Nodes = 5000;

    [Fact]
    public async Task FiveThousandNodes_AreProgrammed_AndHeartbeatsReachNoBackend()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var cluster = await ClusterLab.CreateAsync(1);
        var agent = cluster.Agents[0];
        agent.Configuration = """{ "Network": "10.0.0.0/8", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""";
        for (var number = 0; number < Nodes; number++)
        {
            cluster.Server.State.Add(ClusterNode.CreateFlannel(number));
        }

        await agent.StartReadyAsync(Cancellation, seconds: 120);

        Assert.Equal(3 * Nodes, (await PeerEntriesAsync(agent)).Length);
        Assert.True(agent.ResidentBytes < 100 << 20, $"{agent.ResidentBytes >> 20} MiB");
        await Deadline.UntilAsync(() => cluster.Server.Watches == 1, () => agent.Process.Output, Cancellation);
        var batches = agent.Metric("overlay_batch_duration_seconds_count");
        Assert.True(batches > 0, "The metric has another name.");
        for (var number = 0; number < 2000; number++)
        {
            cluster.Server.State.Heartbeat($"node-{number}");
        }

        // What comes behind the heartbeats has come through them.
        cluster.Server.State.Delete("node-4999");
        await Deadline.UntilAsync(() => PeerEntriesAsync(agent).GetAwaiter().GetResult().Length == 3 * (Nodes - 1), () => agent.Process.Output, Cancellation, seconds: 60, everyMilliseconds: 500);
        Assert.Equal(batches + 1, agent.Metric("overlay_batch_duration_seconds_count"));
    }
}
