using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;

namespace Overlay.TestKit.Etcd;

/// <summary>Hosts with an overlayd each that share an etcd, which runs beside the bridge between them: <c>192.0.2.254</c>, or <c>2001:db8::fe</c> without IPv4.
/// The way of the hosts to etcd can be cut, while they still reach each other.</summary>
public sealed class EtcdLab : IAsyncDisposable
{
    private const string Prefix = "/coreos.com/network";

    private EtcdLab(AgentLab lab, EtcdCluster cluster, string[] flags) => (Lab, Cluster, Flags) = (lab, cluster, flags);

    /// <summary>The hosts.</summary>
    public AgentLab Lab { get; }

    /// <summary>The etcd.</summary>
    public EtcdCluster Cluster { get; }

    /// <summary>The agents, in the order of the hosts.</summary>
    public IReadOnlyList<AgentHost> Agents => Lab.Agents;

    private string[] Flags { get; }

    private string Network => Lab.Topology.NetworkName;

    /// <summary>Starts etcd with the network's configuration in it; the agents stand still.</summary>
    /// <param name="topology">The hosts.</param>
    /// <param name="configuration">What stands in <c>PREFIX/config</c>; <see langword="null"/> for nothing.</param>
    /// <param name="members">How many members etcd has.</param>
    /// <param name="hasCertificates">Whether etcd speaks TLS and demands a client certificate.</param>
    /// <param name="flags">Further flags of the agents.</param>
    public static async Task<EtcdLab> StartAsync(TestTopologyOptions topology, string? configuration, int members = 1, bool hasCertificates = false, params string[] flags)
    {
        ArgumentNullException.ThrowIfNull(topology);
        var lab = new AgentLab(topology);
        try
        {
            var address = topology.Families.HasFlag(Core.Addressing.AddressFamilies.IPv4) ? "192.0.2.254" : "2001:db8::fe";
            await Tool.RunAsync(lab.Topology.NetworkName, "ip link set lo up");
            var certificates = hasCertificates ? new TestCertificates(lab.Folder, address) : null;
            var cluster = await EtcdCluster.StartAsync(new EtcdClusterOptions
            {
                Members = members,
                Addresses = [address],
                Namespaces = [lab.Topology.NetworkName],
                Certificates = certificates,
                DemandsClientCertificate = hasCertificates,
            });
            string[] files = certificates is null ? [] : ["--etcd-cafile", certificates.Authority, "--etcd-certfile", certificates.Client, "--etcd-keyfile", certificates.ClientKey];
            var made = new EtcdLab(lab, cluster, ["--etcd-endpoints", cluster.Endpoints, .. files]) { Certificates = certificates };
            foreach (var agent in lab.Agents)
            {
                (agent.StoreFlags, agent.Flags) = (made.Flags, flags);
            }

            await (configuration is null ? Task.CompletedTask : made.ConfigureAsync(configuration));
            return made;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>The files, when etcd speaks TLS.</summary>
    public TestCertificates? Certificates { get; private init; }

    /// <summary>Writes the network's configuration.</summary>
    public Task ConfigureAsync(string configuration) => Cluster.PutAsync($"{Prefix}/config", configuration);

    /// <summary>The value of an agent's lease as it stands in etcd.</summary>
    public Task<string> LeaseOfAsync(AgentHost agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        return Cluster.GetAsync($"{Prefix}/subnets/{Core.Leases.LeaseKey.Format(agent.Subnets())}");
    }

    /// <summary>The keys of all leases, in order.</summary>
    public async Task<string[]> LeaseKeysAsync() =>
        [.. (await Cluster.ControlAsync("get", "--prefix", $"{Prefix}/subnets/", "--keys-only")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(key => key[$"{Prefix}/subnets/".Length..])];

    /// <summary>Writes a lease in flannel's bytes that lasts a day.</summary>
    public async Task PutLeaseAsync(string key, string value)
    {
        var granted = await Cluster.ControlAsync("lease", "grant", "86400");
        await Cluster.PutAsync($"{Prefix}/subnets/{key}", value, $"--lease={granted.Split(' ')[1]}");
    }

    /// <summary>Deletes a lease.</summary>
    public Task DeleteLeaseAsync(string key) => Cluster.ControlAsync("del", $"{Prefix}/subnets/{key}");

    /// <summary>Drops every packet between a host and etcd, or lets them pass again.</summary>
    public async Task CutAsync(bool isCut)
    {
        if (isCut)
        {
            await Tool.FeedAsync(Network, "nft -f", "table inet cut {\n chain from { type filter hook input priority 0; iifname br0 tcp dport != 0 drop; }\n chain to { type filter hook output priority 0; oifname br0 drop; }\n}\n");
        }
        else
        {
            await Tool.RunAsync(Network, "nft delete table inet cut");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Lab.DisposeAsync();
    }
}
