using System.Globalization;
using System.Net;
using Overlay.Linux.Namespaces;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;

namespace Overlay.TestKit.Kubernetes;

/// <summary>Hosts with an overlayd each that are the nodes of one cluster: <c>node-N</c> with the PodCIDR 10.244.N.0/24. The API server stands in the
/// namespace of the bridge, as a machine beside them.</summary>
public sealed class ClusterLab : IAsyncDisposable
{
    private readonly AgentLab _lab;

    private ClusterLab(AgentLab lab, ApiServer server) => (_lab, Server) = (lab, server);

    /// <summary>The API server; the nodes are there, and no agent runs.</summary>
    public ApiServer Server { get; }

    /// <summary>The agents, in the order of the hosts.</summary>
    public IReadOnlyList<AgentHost> Agents => _lab.Agents;

    /// <summary>The namespace of the bridge, where the API server is.</summary>
    public NetworkNamespace Network => _lab.Topology.Network;

    /// <summary>The token that each agent's kubeconfig has.</summary>
    public string Token { get; } = "t0ken-of-the-lab";

    /// <summary>Makes everything. Needs root.</summary>
    public static async Task<ClusterLab> CreateAsync(int hosts)
    {
        var lab = new AgentLab(new TestTopologyOptions { Hosts = hosts });
        var server = await ApiServer.StartAsync(new ApiServerOptions { Address = IPAddress.Parse("192.0.2.254"), Namespace = lab.Topology.Network });
        var cluster = new ClusterLab(lab, server);
        server.Tokens[cluster.Token] = "system:serviceaccount:kube-overlay:overlay";
        foreach (var agent in lab.Agents)
        {
            server.State.Add(ClusterNode.Create(NodeName(agent), string.Create(CultureInfo.InvariantCulture, $"10.244.{agent.Host.Number}.0/24")));
            var kubeconfig = Path.Combine(agent.Folder, "kubeconfig");
            server.WriteKubeconfig(kubeconfig, $"token: {cluster.Token}");
            agent.StoreFlags = ["--kube-subnet-mgr", "--kubeconfig-file", kubeconfig, "--net-config-path", agent.ConfigurationPath];
            agent.Environment = new Dictionary<string, string?> { ["NODE_NAME"] = NodeName(agent) };
        }

        return cluster;
    }

    /// <summary>The name of an agent's node.</summary>
    public static string NodeName(AgentHost agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        return string.Create(CultureInfo.InvariantCulture, $"node-{agent.Host.Number}");
    }

    /// <summary>One of flannel's annotations of an agent's node.</summary>
    public string? Annotation(AgentHost agent, string name) => Server.State.Annotation(NodeName(agent), $"flannel.alpha.coreos.com/{name}");

    /// <summary>The status of the node's NetworkUnavailable condition.</summary>
    public string? NetworkUnavailable(AgentHost agent) =>
        (string?)Server.State.Find(NodeName(agent))!["status"]!["conditions"]!.AsArray().LastOrDefault(condition => (string?)condition!["type"] == "NetworkUnavailable")?["status"];

    /// <summary>Starts all agents at once and waits until each is ready.</summary>
    public Task StartAllAsync(CancellationToken cancellationToken) => _lab.StartAllAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _lab.DisposeAsync();
    }
}
