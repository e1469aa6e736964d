using Overlay.TestKit.Namespaces;

namespace Overlay.TestKit.Agents;

/// <summary>Hosts on one Ethernet with an overlayd each, and one SQLite store for all of them. Nothing runs at first; everything ends with this.</summary>
public sealed class AgentLab : IAsyncDisposable
{
    /// <summary>Makes the hosts. Needs root.</summary>
    public AgentLab(TestTopologyOptions? options = null)
    {
        Topology = new TestTopology(options);
        Agents = [.. Topology.Hosts.Select(host => new AgentHost(host, Path.Combine(Folder, host.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)), StorePath))];
    }

    /// <summary>The hosts and what joins them.</summary>
    public TestTopology Topology { get; }

    /// <summary>The agents, in the order of the hosts.</summary>
    public IReadOnlyList<AgentHost> Agents { get; }

    /// <summary>Where the files of the lab are.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("ovlab-").FullName;

    /// <summary>The store that all agents share.</summary>
    public string StorePath => Path.Combine(Folder, "leases.db");

    /// <summary>Gives every agent the same configuration and flags.</summary>
    public void Configure(string configuration, params string[] flags)
    {
        foreach (var agent in Agents)
        {
            (agent.Configuration, agent.Flags) = (configuration, flags);
        }
    }

    /// <summary>Starts all agents at once and waits until each is ready and has heard of all others: one that is ready first serves no peers, which is right.</summary>
    public async Task StartAllAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(Agents.Select(agent => agent.StartReadyAsync(cancellationToken)));
        foreach (var agent in Agents)
        {
            await Deadline.UntilAsync(
                () => agent.Metric("overlay_peers") + agent.Metric("overlay_peers_refused") >= Agents.Count - 1, () => agent.Process.Output, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var agent in Agents)
        {
            await agent.DisposeAsync();
        }

        Topology.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
