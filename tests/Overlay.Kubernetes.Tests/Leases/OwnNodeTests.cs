using System.Text.Json.Nodes;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.TestKit.Kubernetes;

namespace Overlay.Kubernetes.Tests.Leases;

/// <summary>What the agent does with its own Node object.</summary>
public sealed class OwnNodeTests
{
    private const string Prefix = "flannel.alpha.coreos.com/";

    [Fact]
    public async Task Acquire_NodeChangesAtEachWrite_WritesAllTheSame()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24"));
        var conflicts = 0;
        server.BeforePatch = node =>
        {
            if (conflicts++ < 3)
            {
                server.State.Heartbeat(node);
            }
        };
        await using var member = new ClusterMember(server);

        await member.AcquireAsync();

        Assert.Equal(4, conflicts);
        Assert.Equal("vxlan", server.State.Annotation("one", Prefix + "backend-type"));
    }

    [Fact]
    public async Task Acquire_NameFromThePod_FindsTheNode()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("worker-7", "10.244.1.0/24"));
        server.State.Pods["kube-overlay/overlay-x"] = "worker-7";
        await using var member = new ClusterMember(
            server, configure: options => (options.NodeName, options.PodName, options.PodNamespace) = ("", "overlay-x", "kube-overlay"));

        await member.AcquireAsync();

        Assert.Equal("true", server.State.Annotation("worker-7", Prefix + "kube-subnet-manager"));
    }

    [Fact]
    public async Task Acquire_NoPodCidr_WaitsAndSaysWhy_UntilThereIsOne()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one"));
        await using var member = new ClusterMember(server);
        var acquiring = member.AcquireAsync();
        await Eventually.IsAsync(() => server.State.Events.Count == 1 && Condition(server) is not null, () => member.Log.Text);

        Assert.False(acquiring.IsCompleted);
        Assert.Contains("--pod-network-cidr", ((IStoreHealth)member.Manager).StoreFault!, StringComparison.Ordinal);
        var told = server.State.Events[0];
        Assert.Equal(("Warning", "PodCIDRNotAssigned", "Node", "one", "one"), ((string?)told["type"], (string?)told["reason"], (string?)told["involvedObject"]!["kind"], (string?)told["involvedObject"]!["name"], (string?)told["involvedObject"]!["uid"]));
        Assert.Contains("--pod-network-cidr", (string?)told["message"], StringComparison.Ordinal);
        Assert.Equal(("True", "PodCIDRNotAssigned"), ((string?)Condition(server)!["status"], (string?)Condition(server)!["reason"]));

        server.State.Heartbeat("one");
        server.State.Change("one", node => node["spec"] = new JsonObject { ["podCIDR"] = "10.244.5.0/24", ["podCIDRs"] = new JsonArray("10.244.5.0/24") });

        Assert.Equal("10.244.5.0-24", (await acquiring).Key);
        Assert.Single(server.State.Events);
        Assert.Null(((IStoreHealth)member.Manager).StoreFault);
    }

    [Fact]
    public async Task Acquire_PodCidrOnlyInTheOldField_IsTaken()
    {
        await using var server = await ApiServer.StartAsync();
        var node = ClusterNode.Create("one", "10.244.1.0/24");
        node["spec"]!.AsObject().Remove("podCIDRs");
        server.State.Add(node);
        await using var member = new ClusterMember(server);

        Assert.Equal("10.244.1.0-24", (await member.AcquireAsync()).Key);
    }

    [Theory]
    [InlineData(ClusterMember.Vxlan, new[] { "10.99.1.0/24" }, "subnet \"10.244.0.0/16\" specified in the flannel net config doesn't contain \"10.99.1.0/24\" PodCIDR of the \"one\" node")]
    [InlineData(ClusterMember.Dual, new[] { "10.244.1.0/24" }, "needs one in each of its families")]
    [InlineData(ClusterMember.Vxlan, new[] { "10.244.1.0/24", "10.244.2.0/24" }, "two PodCIDRs of one family")]
    [InlineData(ClusterMember.Vxlan, new[] { "10.244.1.0/24", "fd00::/64", "fd01::/64" }, "more than two PodCIDRs")]
    [InlineData(ClusterMember.Vxlan, new[] { "ten" }, "the PodCIDR 'ten', which is no subnet")]
    public async Task Acquire_PodCidrDoesNotFit_IsAClearError(string network, string[] cidrs, string message)
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", cidrs));
        await using var member = new ClusterMember(server, network: network);

        var refusal = await Assert.ThrowsAsync<LeaseException>(() => member.AcquireAsync());

        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.Equal("PodCIDRDoesNotFit", (string?)Assert.Single(server.State.Events)["reason"]);
        Assert.Equal("PodCIDRDoesNotFit", (string?)Condition(server)!["reason"]);
    }

    [Fact]
    public async Task Keep_AnnotationsAndConditionTakenAway_ArePutBack()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24"));
        await using var member = new ClusterMember(server);
        await using var running = await Running.StartAsync(member);

        member.Health.Report(null);
        await Eventually.IsAsync(() => (string?)Condition(server)?["status"] == "False", () => member.Log.Text);
        Assert.Equal(("FlannelIsUp", "Flannel is running on this node"), ((string?)Condition(server)!["reason"], (string?)Condition(server)!["message"]));
        server.State.Annotate("one", Prefix + "backend-data", "{}");
        await Eventually.IsAsync(() => server.State.Annotation("one", Prefix + "backend-data") == ClusterMember.Attributes().BackendData, () => member.Log.Text);
        server.State.Annotate("one", Prefix + "public-ip-overwrite", "203.0.113.9");
        await Eventually.IsAsync(() => server.State.Annotation("one", Prefix + "public-ip") == "203.0.113.9", () => member.Log.Text);
        server.State.Change("one", node => Find(node)!["status"] = "True");
        await Eventually.IsAsync(() => (string?)Condition(server)?["status"] == "False", () => member.Log.Text);

        member.Health.Report("eth0 is down");
        await Eventually.IsAsync(() => (string?)Condition(server)?["status"] == "True", () => member.Log.Text);
        Assert.Equal(("OverlayNetworkBroken", "eth0 is down"), ((string?)Condition(server)!["reason"], (string?)Condition(server)!["message"]));
        Assert.Equal(5, server.State.Find("one")!["status"]!["conditions"]!.AsArray().Count);
        Assert.False(running.Keeping.IsCompleted);
    }

    [Fact]
    public async Task Keep_ConditionNotWanted_IsLeftAlone()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24"));
        await using var member = new ClusterMember(server, configure: options => options.SetNetworkUnavailable = false);
        await using var running = await Running.StartAsync(member);

        member.Health.Report(null);
        server.State.Annotate("one", Prefix + "backend-data", "{}");
        await Eventually.IsAsync(() => server.State.Annotation("one", Prefix + "backend-data") != "{}", () => member.Log.Text);

        Assert.Null(Condition(server));
    }

    [Fact]
    public async Task Keep_PodCidrIsAnother_EndsTheLease()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24"));
        await using var member = new ClusterMember(server);
        await using var running = await Running.StartAsync(member);

        server.State.Delete("one");
        server.State.Add(ClusterNode.Create("one", "10.244.8.0/24"));

        Assert.Equal(LeaseEnd.Lost, await running.Keeping.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal("10.244.8.0-24", (await member.AcquireAsync()).Key);
    }

    [Fact]
    public async Task Keep_NodeIsDeletedAndRegisteredAgain_WritesTheAnnotationsAgain()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24"));
        await using var member = new ClusterMember(server);
        await using var running = await Running.StartAsync(member);

        server.State.Delete("one");
        Assert.Equal(LeaseEnd.Lost, await running.Keeping.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        var again = member.AcquireAsync();
        await Eventually.IsAsync(() => ((IStoreHealth)member.Manager).StoreFault?.Contains("not found", StringComparison.Ordinal) == true, () => member.Log.Text);
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24"));

        Assert.Equal("10.244.1.0-24", (await again).Key);
        Assert.Equal("vxlan", server.State.Annotation("one", Prefix + "backend-type"));
    }

    [Fact]
    public async Task Update_OtherAttributes_AreWritten()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24"));
        await using var member = new ClusterMember(server);
        var lease = await member.AcquireAsync();

        var updated = await member.Manager.UpdateAsync(lease, ClusterMember.Attributes("192.168.1.99", data: """{"VNI":1,"VtepMAC":"12:c6:65:89:b4:ff"}"""), TestContext.Current.CancellationToken);

        Assert.Equal("192.168.1.99", server.State.Annotation("one", Prefix + "public-ip"));
        Assert.Equal("""{"VNI":1,"VtepMAC":"12:c6:65:89:b4:ff"}""", server.State.Annotation("one", Prefix + "backend-data"));
        Assert.NotEqual(lease.Version, updated.Version);
    }

    [Fact]
    public async Task Release_OwnNode_IsNoPeerAnyMore()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24"));
        server.State.Annotate("one", Prefix + "public-ip-overwrite", "203.0.113.9");
        await using var member = new ClusterMember(server);
        var lease = await member.AcquireAsync();

        await member.Manager.ReleaseAsync(lease, TestContext.Current.CancellationToken);

        Assert.Equal([Prefix + "public-ip-overwrite"], server.State.Find("one")!["metadata"]!["annotations"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal("OverlayLeft", (string?)Condition(server)!["reason"]);
    }

    private static JsonNode? Condition(ApiServer server) => Find(server.State.Find("one")!);

    private static JsonNode? Find(JsonNode node) => node["status"]!["conditions"]!.AsArray().LastOrDefault(condition => (string?)condition!["type"] == "NetworkUnavailable");
}
