using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Overlay.Linux.Namespaces;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Cni;
using Overlay.TestKit.Namespaces;
using Xunit;

namespace Overlay.Cni.Tests.Containers;

/// <summary>Three hosts with an agent and a container each: c1, c2, c3. Port 8080 of the first host leads to c1.</summary>
internal sealed class ContainerLab : IAsyncDisposable
{
    private readonly AgentLab _lab = new(new TestTopologyOptions { Hosts = 3 });
    private readonly List<PodmanHost> _hosts = [];
    private readonly List<PodmanContainer> _containers = [];

    private ContainerLab()
    {
    }

    public IReadOnlyList<AgentHost> Agents => _lab.Agents;

    public IReadOnlyList<PodmanContainer> Containers => _containers;

    public static async Task<ContainerLab> StartAsync(string configuration, Func<PodmanHost, JsonObject[]> plugins, CancellationToken cancellationToken)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var lab = new ContainerLab();
        try
        {
            lab._lab.Configure(configuration, "--ip-masq");
            await lab._lab.StartAllAsync(cancellationToken);
            foreach (var agent in lab.Agents)
            {
                var host = new PodmanHost(agent);
                lab._hosts.Add(host);
                host.Configure(plugins(host));
                string[] ports = agent.Host.Number == 1 ? ["-p", "8080:80"] : [];
                lab._containers.Add(await host.RunAsync($"c{agent.Host.Number}", ports));
            }

            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>The address that a listener in one container sees when another one connects.</summary>
    public static async Task<IPAddress> SourceSeenInAsync(PodmanContainer listening, PodmanContainer from)
    {
        using var target = NetworkNamespace.OpenProcess(await listening.Host.ProcessIdAsync(listening.Name));
        return await SourceSeenAsync(target, listening.Address, from);
    }

    /// <summary>The address that a listener beside the hosts sees when a container connects.</summary>
    public Task<IPAddress> SourceSeenOutsideAsync(PodmanContainer from) => SourceSeenAsync(_lab.Topology.Network, IPAddress.Parse("192.0.2.254"), from);

    public static async Task WaitUntilReachableAsync(PodmanContainer from, PodmanContainer to, CancellationToken cancellationToken, int payload = 56)
    {
        var text = "";
        await Deadline.UntilAsync(
            () =>
            {
                var answer = from.PingAsync(to.Address, payload).GetAwaiter().GetResult();
                text = answer.Text;
                return answer.Status == 0;
            },
            () => text,
            cancellationToken,
            seconds: 60);
    }

    public static async Task WaitForMtuAsync(PodmanContainer container, int mtu, CancellationToken cancellationToken)
    {
        var text = "";
        await Deadline.UntilAsync(
            () => (text = container.TryExecuteAsync("/bin/ip", "link", "show", "eth0").GetAwaiter().GetResult().Text).Contains($"mtu {mtu} ", StringComparison.Ordinal),
            () => text,
            cancellationToken,
            seconds: 60);
    }

    public async Task RemoveAllAsync()
    {
        foreach (var container in _containers)
        {
            await container.Host.RemoveAsync(container.Name);
        }

        foreach (var agent in Agents)
        {
            KernelWatch.Until(agent.Host.Namespace, route => route.ListLinks("veth").Count == 1, TimeSpan.FromSeconds(30));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        await _lab.DisposeAsync();
    }

    private static async Task<IPAddress> SourceSeenAsync(NetworkNamespace target, IPAddress address, PodmanContainer from)
    {
        using var listener = target.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var accepting = listener.AcceptAsync(limit.Token);
        var connecting = from.TryExecuteAsync("/bin/nc", "-w", "5", $"{address}", $"{((IPEndPoint)listener.LocalEndPoint!).Port}");
        using (var accepted = await accepting)
        {
            address = ((IPEndPoint)accepted.RemoteEndPoint!).Address;
        }

        await connecting;
        return address;
    }
}
