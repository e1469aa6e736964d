using Overlay.TestKit.Agents;
using Overlay.TestKit.Etcd;
using Overlay.TestKit.Kubernetes;
using Overlay.TestKit.Namespaces;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>One host with a stopped overlayd on one kind of store.</summary>
/// <param name="Store">What the store is.</param>
/// <param name="Agent">The agent.</param>
/// <param name="SeedAsync">Writes the leases of so many peers.</param>
/// <param name="Lab">What all of it belongs to.</param>
internal sealed record StoreLab(string Store, AgentHost Agent, Func<int, Task> SeedAsync, IAsyncDisposable Lab) : IAsyncDisposable
{
    // The names before it are those of the lab's own hosts.
    private const int FirstNode = 10;

    /// <summary>Each kind of store that overlayd has, beside the one in memory.</summary>
    public static IReadOnlyList<Func<Task<StoreLab>>> All { get; } = [CreateSqliteAsync, CreateEtcdAsync, CreateKubernetesAsync];

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private static Task<StoreLab> CreateSqliteAsync()
    {
        var lab = new AgentLab(new TestTopologyOptions { Hosts = 1 });
        lab.Configure(VxlanPeers.Configuration);
        return Task.FromResult(new StoreLab("SQLite", lab.Agents[0], peers => VxlanPeers.SeedAsync(lab, peers), lab));
    }

    private static async Task<StoreLab> CreateEtcdAsync()
    {
        var lab = await EtcdLab.StartAsync(new TestTopologyOptions { Hosts = 1 }, VxlanPeers.Configuration);
        return new StoreLab("etcd", lab.Agents[0], peers => EtcdWriter.StartAsync(lab.Lab.Topology.NetworkName, lab.Cluster.Endpoints, 0, peers, 0), lab);
    }

    private static async Task<StoreLab> CreateKubernetesAsync()
    {
        var lab = await ClusterLab.CreateAsync(1);
        lab.Agents[0].Configuration = VxlanPeers.Configuration;
        return new StoreLab("Kubernetes", lab.Agents[0], SeedAsync, lab);

        Task SeedAsync(int peers)
        {
            for (var number = FirstNode; number < FirstNode + peers; number++)
            {
                lab.Server.State.Add(ClusterNode.CreateFlannel(number));
            }

            return Task.CompletedTask;
        }
    }
}
