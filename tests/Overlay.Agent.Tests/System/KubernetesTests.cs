using System.Text.Json.Nodes;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Kubernetes;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>overlayd on the nodes of a cluster.</summary>
public sealed class KubernetesTests : SystemTest
{
    [Fact]
    public async Task ThreeNodes_ReachEachOther_AndOneThatLeavesIsDropped()
    {
        await using var cluster = await CreateClusterAsync(3);
        await cluster.StartAllAsync(Cancellation);
        var workloads = cluster.Agents.Select(agent => agent.AddWorkload()).ToArray();

        foreach (var (from, to) in workloads.SelectMany(from => workloads.Where(to => to != from).Select(to => (from, to))))
        {
            var ping = await PingAsync(from, AddressesOf(to).First());
            Assert.True(ping.Status == 0, ping.Text);
        }

        foreach (var agent in cluster.Agents)
        {
            Assert.Equal($"10.244.{agent.Host.Number}.1/24", agent.SubnetValue("FLANNEL_SUBNET"));
            Assert.Equal($$"""{"VNI":1,"VtepMAC":"{{await MacAsync(agent, "flannel.1")}}"}""", cluster.Annotation(agent, "backend-data"));
            await Deadline.UntilAsync(() => cluster.NetworkUnavailable(agent) == "False", () => agent.Process.Output, Cancellation);
            Assert.DoesNotContain(cluster.Token, agent.Process.Output, StringComparison.Ordinal);
        }

        var left = await cluster.Agents[2].ControlAsync("leave");
        Assert.True(left.Status == 0, left.Text);
        Assert.Null(cluster.Annotation(cluster.Agents[2], "kube-subnet-manager"));
        Assert.Equal("True", cluster.NetworkUnavailable(cluster.Agents[2]));
        await Deadline.UntilAsync(() => PeerEntriesAsync(cluster.Agents[0]).GetAwaiter().GetResult().Length == 3, () => cluster.Agents[0].Process.Output, Cancellation);
    }

    [Fact]
    public async Task FlanneldOnTheOtherNode_BothReachEachOther()
    {
        await using var cluster = await CreateClusterAsync(2);
        var agent = cluster.Agents[0];
        var own = new FlanneldState(agent.Host);
        var flannel = new FlanneldState(cluster.Agents[1].Host);
        cluster.Server.State.Delete("node-2");
        cluster.Server.State.Add(ClusterNode.CreateFlannel("node-2", "10.244.2.0/24", "192.0.2.2", flannel.Mac));
        await agent.StartReadyAsync(Cancellation);

        // flanneld would read our node now; its kernel state is made from what that says.
        Assert.Equal("192.0.2.1", cluster.Annotation(agent, "public-ip"));
        var mac = JsonNode.Parse(cluster.Annotation(agent, "backend-data")!)!["VtepMAC"]!.ToString();
        await flannel.MakeAsync([own], cluster.Agents[1].SubnetFile);
        await cluster.Agents[1].RunAsync($"ip neigh replace 10.244.1.0 lladdr {mac} nud permanent dev flannel.1");
        await cluster.Agents[1].RunAsync($"bridge fdb replace {mac} dev flannel.1 dst 192.0.2.1 self permanent");
        var (here, there) = (agent.AddWorkload(), cluster.Agents[1].AddWorkload());

        var ping = await PingAsync(here, AddressesOf(there).First());
        Assert.True(ping.Status == 0, ping.Text);
    }

    [Fact]
    public async Task ServerIsAwayAtStart_HealthIsServedAndSaysSo_AndTheStartGoesOn()
    {
        await using var cluster = await CreateClusterAsync(1);
        var agent = cluster.Agents[0];
        await cluster.Server.StopAsync();

        agent.Start();
        await Deadline.UntilAsync(() => agent.TryGet("/readyz?verbose")?.Body.Contains("GET /api/v1/nodes/node-1", StringComparison.Ordinal) == true, () => agent.Process.Output, Cancellation);
        Assert.True(agent.TryGet("/healthz")!.IsSuccess);
        Assert.False(agent.TryGet("/readyz")!.IsSuccess);

        await cluster.Server.StartAsync();
        await agent.WaitForReadyAsync(Cancellation, seconds: 60);
    }

    [Fact]
    public async Task ServerIsAwayInTheMiddle_WorkloadsLoseNothing_AndWhatChangedIsDoneAfterwards()
    {
        await using var cluster = await CreateClusterAsync(3);
        foreach (var each in cluster.Agents.Take(2))
        {
            await each.StartReadyAsync(Cancellation);
        }

        var agent = cluster.Agents[0];
        var workloads = cluster.Agents.Take(2).Select(each => each.AddWorkload()).ToArray();
        var before = await PeerEntriesAsync(agent);
        var traffic = await StartTrafficAsync(workloads[0], workloads[1]);

        await cluster.Server.StopAsync();
        await Deadline.UntilAsync(() => agent.TryGet("/readyz?verbose")?.Body.Contains("store: ", StringComparison.Ordinal) == true, () => agent.Process.Output, Cancellation);
        Assert.True(agent.TryGet("/readyz")!.IsSuccess);
        // Even an agent that dies meanwhile leaves the data path standing.
        await agent.KillAsync();
        agent.Start();
        Assert.Equal(before, await PeerEntriesAsync(agent));
        cluster.Server.State.Add(ClusterNode.CreateFlannel("node-9", "10.244.9.0/24", "192.0.2.9", "02:00:00:00:00:09"));
        cluster.Server.State.Compact();
        await cluster.Server.StartAsync();

        foreach (var each in cluster.Agents.Take(2))
        {
            await Deadline.UntilAsync(
                () => PeerEntriesAsync(each).GetAwaiter().GetResult().Any(line => line.StartsWith("route 10.244.9.0/24", StringComparison.Ordinal)), () => each.Process.Output, Cancellation, seconds: 60);
        }

        AssertNothingLost(traffic);
    }

    [Fact]
    public async Task DeviceIsLostWhileTheAgentIsDown_GetsTheMacOfTheAnnotation()
    {
        await using var cluster = await CreateClusterAsync(1);
        var agent = cluster.Agents[0];
        await agent.StartReadyAsync(Cancellation);
        var mac = await MacAsync(agent, "flannel.1");
        await agent.StopAsync();
        await agent.RunAsync("ip link delete flannel.1");

        await agent.StartReadyAsync(Cancellation);

        Assert.Equal(mac, await MacAsync(agent, "flannel.1"));
    }

    [Fact]
    public async Task NodeWithoutPodCidr_WaitsAndSaysWhy_ThenStarts()
    {
        await using var cluster = await CreateClusterAsync(1);
        var agent = cluster.Agents[0];
        cluster.Server.State.Delete("node-1");
        cluster.Server.State.Add(ClusterNode.Create("node-1"));

        agent.Start();
        await Deadline.UntilAsync(() => agent.TryGet("/readyz?verbose")?.Body.Contains("--pod-network-cidr", StringComparison.Ordinal) == true, () => agent.Process.Output, Cancellation);
        await Deadline.UntilAsync(() => cluster.NetworkUnavailable(agent) == "True", () => agent.Process.Output, Cancellation);
        cluster.Server.State.Change("node-1", node => node["spec"] = new JsonObject { ["podCIDR"] = "10.244.1.0/24", ["podCIDRs"] = new JsonArray("10.244.1.0/24") });

        await agent.WaitForReadyAsync(Cancellation);
        await Deadline.UntilAsync(() => cluster.NetworkUnavailable(agent) == "False", () => agent.Process.Output, Cancellation);
    }

    [Fact]
    public async Task PodCidrOutsideTheNetwork_IsAClearFailure()
    {
        await using var cluster = await CreateClusterAsync(1);
        var agent = cluster.Agents[0];
        cluster.Server.State.Delete("node-1");
        cluster.Server.State.Add(ClusterNode.Create("node-1", "10.99.1.0/24"));

        var process = agent.Start();
        await process.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("doesn't contain \"10.99.1.0/24\" PodCIDR of the \"node-1\" node", process.Output, StringComparison.Ordinal);
        Assert.Empty(await PeerEntriesAsync(agent));
    }

    [Fact]
    public async Task AddressOfANodeChanges_PeersFollow()
    {
        await using var cluster = await CreateClusterAsync(2);
        await cluster.StartAllAsync(Cancellation);
        var (agent, moved) = (cluster.Agents[0], cluster.Agents[1]);
        var workloads = cluster.Agents.Select(each => each.AddWorkload()).ToArray();

        // A second address of one subnet would go with the first.
        await moved.RunAsync("ip address del 192.0.2.2/24 dev eth0");
        await moved.RunAsync("ip address add 192.0.2.77/24 dev eth0");
        await moved.RunAsync("ip route replace default via 192.0.2.254 dev eth0");

        await Deadline.UntilAsync(() => cluster.Annotation(moved, "public-ip") == "192.0.2.77", () => moved.Process.Output, Cancellation);
        await Deadline.UntilAsync(() => PeerEntriesAsync(agent).GetAwaiter().GetResult().Any(line => line.Contains("dst 192.0.2.77", StringComparison.Ordinal)), () => agent.Process.Output, Cancellation);
        await Deadline.UntilAsync(() => PingAsync(workloads[0], AddressesOf(workloads[1]).First()).GetAwaiter().GetResult().Status == 0, () => agent.Process.Output, Cancellation, everyMilliseconds: 100);
    }

    [Fact]
    public async Task UnderlayIsBroken_TheConditionSaysSo()
    {
        await using var cluster = await CreateClusterAsync(2);
        await cluster.StartAllAsync(Cancellation);
        var agent = cluster.Agents[0];
        await Deadline.UntilAsync(() => cluster.NetworkUnavailable(agent) == "False", () => agent.Process.Output, Cancellation);

        // The interface between nodes loses its address, and the API server is reached all the same, over another one.
        await agent.RunAsync("ip link add mgmt0 link eth0 type macvlan mode bridge");
        await agent.RunAsync("ip address add 192.0.2.201/32 dev mgmt0");
        await agent.RunAsync("ip link set mgmt0 up");
        await agent.RunAsync("ip route add 192.0.2.254/32 dev mgmt0 src 192.0.2.201");
        await agent.RunAsync("ip address del 192.0.2.1/24 dev eth0");
        await Deadline.UntilAsync(() => cluster.NetworkUnavailable(agent) == "True", () => agent.Process.Output, Cancellation, seconds: 60);

        await agent.RunAsync("ip address add 192.0.2.1/24 dev eth0");
        await Deadline.UntilAsync(() => cluster.NetworkUnavailable(agent) == "False", () => agent.Process.Output, Cancellation, seconds: 60);
    }

    /// <summary>A pod's service account, in a mount namespace of the agent's own; its token is exchanged while the agent runs.</summary>
    [Fact]
    public async Task InCluster_TokenIsExchanged_AgentGoesOn()
    {
        await using var cluster = await CreateClusterAsync(1);
        var agent = cluster.Agents[0];
        var account = Directory.CreateDirectory(Path.Combine(agent.Folder, "account")).FullName;
        await File.WriteAllTextAsync(Path.Combine(account, "token"), cluster.Token, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(account, "namespace"), "kube-overlay", Cancellation);
        var certificates = new Overlay.TestKit.Etcd.TestCertificates(account, "192.0.2.254");
        File.Copy(certificates.Authority, Path.Combine(account, "ca.crt"));
        await using var server = await ApiServer.StartAsync(
            new ApiServerOptions { Address = System.Net.IPAddress.Parse("192.0.2.254"), Namespace = cluster.Network, Certificates = certificates }, cluster.Server.State);
        server.Tokens[cluster.Token] = "system:serviceaccount:kube-overlay:overlay";
        cluster.Server.State.Pods["kube-overlay/overlay-abc"] = "node-1";
        agent.StoreFlags = ["--kube-subnet-mgr", "--net-config-path", agent.ConfigurationPath];
        agent.Environment = new Dictionary<string, string?>
        {
            ["POD_NAME"] = "overlay-abc",
            ["POD_NAMESPACE"] = "kube-overlay",
            ["KUBERNETES_SERVICE_HOST"] = "192.0.2.254",
            ["KUBERNETES_SERVICE_PORT"] = new Uri(server.Url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        const string Mount = "mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount && mount --bind \"$0\" /run/secrets/kubernetes.io/serviceaccount && exec \"$@\"";
        agent.Launcher = ["unshare", "--mount", "sh", "-c", Mount, account];
        await agent.StartReadyAsync(Cancellation);

        server.Tokens.Clear();
        server.Tokens["another-t0ken"] = "system:serviceaccount:kube-overlay:overlay";
        await File.WriteAllTextAsync(Path.Combine(account, "token"), "another-t0ken", Cancellation);
        server.EndWatches();
        cluster.Server.State.Add(ClusterNode.CreateFlannel("node-9", "10.244.9.0/24", "192.0.2.9", "02:00:00:00:00:09"));

        await Deadline.UntilAsync(() => PeerEntriesAsync(agent).GetAwaiter().GetResult().Length == 3, () => agent.Process.Output, Cancellation);
        Assert.DoesNotContain("t0ken", agent.Process.Output, StringComparison.Ordinal);
    }

    private static async Task<ClusterLab> CreateClusterAsync(int hosts)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        return await ClusterLab.CreateAsync(hosts);
    }
}
