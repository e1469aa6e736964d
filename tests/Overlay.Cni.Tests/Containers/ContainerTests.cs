using System.Net;
using System.Text.Json.Nodes;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Cni;
using Overlay.TestKit.Namespaces;
using Xunit;

namespace Overlay.Cni.Tests.Containers;

/// <summary>Real containers, run by podman and runc on three hosts, over an overlay of real agents.</summary>
[Trait("Needs", "root")]
[Trait("Speed", "slow")]
public sealed class ContainerTests
{
    private const string Vxlan = """{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""";
    private const string HostGateway = """{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "host-gw" } }""";
    private const string WireGuard = """{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "wireguard" } }""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Ways => new()
    {
        { "vxlan", Vxlan },
        { "host-gw", HostGateway },
        { "wireguard", WireGuard },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task ThreeHosts_Containers_ReachEachOtherHostsAndTheOutside(string backend, string configuration)
    {
        await using var lab = await ContainerLab.StartAsync(configuration, host => [host.OverlayPlugin(), PortMap()], Cancellation);
        var containers = lab.Containers;

        // Container to container, up to the exact MTU, each in its host's subnet.
        foreach (var (container, i) in containers.Select((container, i) => (container, i)))
        {
            Assert.True(lab.Agents[i].Subnets().IPv4!.Value.Contains(container.Address), $"{container.Address} on {backend}");
            foreach (var other in containers.Where(other => other != container))
            {
                await AssertAnswersAsync(container, other.Address, int.Parse(lab.Agents[i].SubnetValue("FLANNEL_MTU")) - 28);
                Assert.Contains(other.Name, await PageAsync(container, $"http://{other.Address}/{other.Name}"), StringComparison.Ordinal);
            }
        }

        // The source address is kept inside the overlay, and is the host's outside.
        Assert.Equal(containers[0].Address, await ContainerLab.SourceSeenInAsync(containers[1], containers[0]));
        Assert.Equal(lab.Agents[0].Host.Addresses.IPv4, await lab.SourceSeenOutsideAsync(containers[0]));

        // Host to container, on the same host and on another one.
        foreach (var host in lab.Agents)
        {
            Assert.Contains("c1", await host.RunAsync($"busybox wget -q -O - http://{containers[0].Address}/c1"), StringComparison.Ordinal);
        }

        // A host's port, from another host, from a container elsewhere, from the container's own neighbour.
        var address = lab.Agents[0].Host.Addresses.IPv4!;
        Assert.Contains("c1", await lab.Agents[1].RunAsync($"busybox wget -q -O - http://{address}:8080/c1"), StringComparison.Ordinal);
        Assert.Contains("c1", await PageAsync(containers[2], $"http://{address}:8080/c1"), StringComparison.Ordinal);

        await lab.RemoveAllAsync();
        Assert.All(lab.Agents, agent => Assert.DoesNotContain(agent.Host.Route.ListLinks("veth"), link => link.Name != TestHost.Underlay));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task AgentsState_RemovedWhileContainersRun_IsRepaired(string backend, string configuration)
    {
        await using var lab = await ContainerLab.StartAsync(configuration, host => [host.OverlayPlugin()], Cancellation);
        var (agent, containers) = (lab.Agents[0], lab.Containers);

        // Under a running agent.
        await RemoveStateAsync(agent, backend);
        await ContainerLab.WaitUntilReachableAsync(containers[0], containers[1], Cancellation);

        // And while there is none: the containers stay, the next agent makes everything anew.
        await agent.KillAsync();
        await RemoveStateAsync(agent, backend);
        File.Delete(agent.SubnetFile);
        Assert.NotEqual(0, (await containers[0].PingAsync(containers[1].Address)).Status);
        await agent.StartReadyAsync(Cancellation);
        await ContainerLab.WaitUntilReachableAsync(containers[0], containers[1], Cancellation);
        await ContainerLab.WaitUntilReachableAsync(containers[2], containers[0], Cancellation);
        Assert.Equal(agent.Host.Addresses.IPv4, await lab.SourceSeenOutsideAsync(containers[0]));
    }

    [Fact]
    public async Task Mtu_ChangesWhileContainersRun_TheyFollowAndGoOn()
    {
        await using var lab = await ContainerLab.StartAsync(Vxlan, host => [host.OverlayPlugin()], Cancellation);
        var containers = lab.Containers;
        var process = await containers[0].Host.ProcessIdAsync("c1");

        foreach (var (underlay, overlay) in ((int, int)[])[(1400, 1350), (1500, 1450)])
        {
            foreach (var agent in lab.Agents)
            {
                await agent.RunAsync($"ip link set eth0 mtu {underlay}");
            }

            foreach (var container in containers)
            {
                await ContainerLab.WaitForMtuAsync(container, overlay, Cancellation);
            }

            await ContainerLab.WaitUntilReachableAsync(containers[0], containers[1], Cancellation, overlay - 28);
        }

        Assert.Equal(process, await containers[0].Host.ProcessIdAsync("c1"));
    }

    /// <summary>Flannel's own configuration (flannel-facts 10.2 and 8.12), with the plugin under flannel's name, the reference plugins as delegates, and every chain
    /// member that is usual.</summary>
    [Fact]
    public async Task FlannelsConfiguration_ReferenceDelegatesAndChain_Works()
    {
        await using var lab = await ContainerLab.StartAsync(Vxlan, host =>
        [
            new JsonObject
            {
                ["type"] = "flannel",
                ["subnetFile"] = host.OverlayPlugin()["subnetFile"]!.DeepClone(),
                ["dataDir"] = host.DataFolder,
                ["ipam"] = new JsonObject { ["type"] = "host-local", ["dataDir"] = host.DataFolder + "/host-local" },
                ["delegate"] = new JsonObject { ["type"] = "bridge", ["hairpinMode"] = true, ["isDefaultGateway"] = true },
            },
            PortMap(), .. Members(),
        ], Cancellation);

        // host-local has the addresses in its files: it was asked, and gave them.
        Assert.All(lab.Containers, container => Assert.Contains($"{container.Address}", Directory.EnumerateFiles(container.Host.DataFolder + "/host-local", "*", SearchOption.AllDirectories).Select(Path.GetFileName)));
        await AssertChainAsync(lab);
    }

    [Fact]
    public async Task OwnWork_WholeChain_Works()
    {
        await using var lab = await ContainerLab.StartAsync(Vxlan, host => [host.OverlayPlugin(), PortMap(), .. Members()], Cancellation);

        await AssertChainAsync(lab);
    }

    private static async Task AssertChainAsync(ContainerLab lab)
    {
        var containers = lab.Containers;
        await AssertAnswersAsync(containers[0], containers[1].Address, 1450 - 28);
        await AssertAnswersAsync(containers[1], containers[0].Address, 1450 - 28);
        Assert.Contains("c1", await lab.Agents[1].RunAsync($"busybox wget -q -O - http://{lab.Agents[0].Host.Addresses.IPv4}:8080/c1"), StringComparison.Ordinal);
        Assert.Equal("777", (await containers[0].TryExecuteAsync("/bin/cat", "/proc/sys/net/core/somaxconn")).Text.Trim());
        Assert.Contains($"{containers[0].Address}", await lab.Agents[0].RunAsync("iptables -t filter -S CNI-FORWARD"), StringComparison.Ordinal);
        Assert.Contains("qdisc tbf", await lab.Agents[0].RunAsync("tc qdisc show"), StringComparison.Ordinal);

        await lab.RemoveAllAsync();
        Assert.All(lab.Agents, agent => Assert.DoesNotContain(agent.Host.Route.ListLinks("veth"), link => link.Name != TestHost.Underlay));
        Assert.DoesNotContain($"{containers[0].Address}", await lab.Agents[0].RunAsync("iptables-save"), StringComparison.Ordinal);
    }

    private static JsonObject PortMap() => new() { ["type"] = "portmap", ["capabilities"] = new JsonObject { ["portMappings"] = true }, ["snat"] = true };

    // Shaping towards the container only: the other direction needs a kind of device (ifb) that not every kernel has.
    private static JsonObject[] Members() =>
    [
        new() { ["type"] = "bandwidth", ["ingressRate"] = 100_000_000, ["ingressBurst"] = 10_000_000 },
        new() { ["type"] = "tuning", ["sysctl"] = new JsonObject { ["net.core.somaxconn"] = "777" } },
        new() { ["type"] = "firewall", ["backend"] = "iptables" },
    ];

    private static string? Device(string backend) => backend switch
    {
        "vxlan" => "flannel.1",
        "wireguard" => "flannel-wg",
        _ => null,
    };

    private static async Task RemoveStateAsync(AgentHost agent, string backend)
    {
        // Where the kernel has no WireGuard the device is the agent's own, and goes with it.
        if (Device(backend) is { } device && agent.Host.Route.FindLink(device) is not null)
        {
            await agent.RunAsync($"ip link delete {device}");
        }

        await agent.RunAsync("ip route flush proto 111");
        await agent.RunAsync("nft flush ruleset");
    }

    private static async Task AssertAnswersAsync(PodmanContainer from, IPAddress to, int payload)
    {
        var answer = await from.PingAsync(to, payload);
        Assert.True(answer.Status == 0, answer.Text);
    }

    private static async Task<string> PageAsync(PodmanContainer from, string address)
    {
        var answer = await from.GetAsync(address);
        Assert.True(answer.Status == 0, answer.Text);
        return answer.Text;
    }
}
