using Overlay.Core.Leases;
using Overlay.TestKit.Kubernetes;

namespace Overlay.Kubernetes.Tests.Leases;

/// <summary>Peers come, change and go, and the server has its moods.</summary>
public sealed class PeerWatchTests
{
    private const string Prefix = "flannel.alpha.coreos.com/";

    [Fact]
    public async Task Watch_PeersJoinAndLeave_GivesTheirLeases()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.CreateFlannel("two", "10.244.2.0/24", "192.0.2.2", "02:00:00:00:00:02"));
        await using var member = new ClusterMember(server);
        await using var batches = member.Watch();

        Assert.Equal("10.244.2.0-24", Assert.Single(await batches.NextSnapshotAsync()).Key);

        server.State.Add(ClusterNode.CreateFlannel("three", "10.244.3.0/24", "192.0.2.3", "02:00:00:00:00:03"));
        Assert.Equal(["+10.244.3.0-24 192.0.2.3"], (await batches.NextChangesAsync()).Select(change => change.Text()));
        server.State.Annotate("three", Prefix + "public-ip", "192.0.2.33");
        Assert.Equal(["+10.244.3.0-24 192.0.2.33"], (await batches.NextChangesAsync()).Select(change => change.Text()));
        server.State.Delete("three");
        Assert.Equal(["-10.244.3.0-24"], (await batches.NextChangesAsync()).Select(change => change.Text()));
    }

    [Fact]
    public async Task Watch_NodesThatAreNoPeers_AreLeftOut()
    {
        await using var server = await ApiServer.StartAsync();
        var state = server.State;
        state.Add(ClusterNode.Create("bare", "10.244.1.0/24"));
        state.Add(ClusterNode.CreateFlannel("other-manager", "10.244.2.0/24", "192.0.2.2", "02:00:00:00:00:02"));
        state.Annotate("other-manager", Prefix + "kube-subnet-manager", "false");
        state.Add(ClusterNode.CreateFlannel("outside", "10.99.3.0/24", "192.0.2.3", "02:00:00:00:00:03"));
        state.Add(ClusterNode.CreateFlannel("no-address", "10.244.4.0/24", "not an address", "02:00:00:00:00:04"));
        state.Add(ClusterNode.CreateFlannel("no-cidr", "nonsense", "192.0.2.5", "02:00:00:00:00:05"));
        state.Add(ClusterNode.CreateFlannel("good", "10.244.6.0/24", "192.0.2.6", "02:00:00:00:00:06"));
        await using var member = new ClusterMember(server);
        await using var batches = member.Watch();

        Assert.Equal("10.244.6.0-24", Assert.Single(await batches.NextSnapshotAsync()).Key);
        Assert.Contains("Node outside has the PodCIDR 10.99.3.0/24, which is not inside network 10.244.0.0/16", member.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Node bare", member.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_DualStack_PeersWithOneFamilyAndChangesOfOneFamilyCount()
    {
        await using var server = await ApiServer.StartAsync();
        var dual = ClusterNode.Create("dual", "2001:cafe:42:2::/64", "10.244.2.0/24");
        dual["metadata"]!["annotations"] = ClusterNode.CreateFlannel("x", "10.0.0.0/24", "192.0.2.2", "02:00:00:00:00:02")["metadata"]!["annotations"]!.DeepClone();
        dual["metadata"]!["annotations"]![Prefix + "backend-v6-data"] = """{"VNI":1,"VtepMAC":"02:00:00:00:06:02"}""";
        dual["metadata"]!["annotations"]![Prefix + "public-ipv6"] = "fd00::2";
        server.State.Add(dual);
        server.State.Add(ClusterNode.CreateFlannel("ipv4-only", "10.244.3.0/24", "192.0.2.3", "02:00:00:00:00:03"));
        await using var member = new ClusterMember(server, network: ClusterMember.Dual);
        await using var batches = member.Watch();

        Assert.Equal(["10.244.2.0-24&2001:cafe:42:2::-64", "10.244.3.0-24"], (await batches.NextSnapshotAsync()).Select(lease => lease.Key).Order(StringComparer.Ordinal));

        // flannel drops both (flannel-facts 4.8): the other family is unchanged.
        server.State.Annotate("dual", Prefix + "backend-data", """{"VNI":1,"VtepMAC":"02:00:00:00:00:99"}""");
        Assert.Contains("99", Assert.IsType<LeaseChange.Written>(Assert.Single(await batches.NextChangesAsync())).Lease.Attributes.BackendData, StringComparison.Ordinal);
        server.State.Annotate("dual", Prefix + "public-ipv6", "fd00::22");
        Assert.Equal(["+10.244.2.0-24&2001:cafe:42:2::-64 192.0.2.2, fd00::22"], (await batches.NextChangesAsync()).Select(change => change.Text()));
        server.State.Annotate("dual", Prefix + "public-ipv6", null);
        Assert.Equal(
            ["-10.244.2.0-24&2001:cafe:42:2::-64", "+10.244.2.0-24 192.0.2.2"], (await batches.NextChangesAsync()).Select(change => change.Text()));
    }

    [Fact]
    public async Task Watch_HeartbeatsAndBookmarks_ReachNobody()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.CreateFlannel("two", "10.244.2.0/24", "192.0.2.2", "02:00:00:00:00:02"));
        await using var member = new ClusterMember(server);
        await using var batches = member.Watch();
        await batches.NextSnapshotAsync();
        var next = batches.NextChangesAsync();
        for (var i = 0; i < 500; i++)
        {
            server.State.Heartbeat("two");
        }

        server.SendBookmarks();
        server.State.Add(ClusterNode.CreateFlannel("three", "10.244.3.0/24", "192.0.2.3", "02:00:00:00:00:03"));

        Assert.Equal(["+10.244.3.0-24 192.0.2.3"], (await next).Select(change => change.Text()));
    }

    [Fact]
    public async Task Watch_TimeIsOver_GoesOnFromTheLastVersion()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.CreateFlannel("two", "10.244.2.0/24", "192.0.2.2", "02:00:00:00:00:02"));
        await using var member = new ClusterMember(server);
        await using var batches = member.Watch();
        await batches.NextSnapshotAsync();
        var next = batches.NextChangesAsync();
        await Eventually.IsAsync(() => server.Watches == 1, () => "no watch");

        server.EndWatches();
        server.State.Add(ClusterNode.CreateFlannel("three", "10.244.3.0/24", "192.0.2.3", "02:00:00:00:00:03"));

        Assert.Single(await next);
        Assert.Single(server.Requests, request => request.Contains("limit=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Watch_HistoryLost_ReadsAgain_AndABookmarkSparesIt()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.CreateFlannel("two", "10.244.2.0/24", "192.0.2.2", "02:00:00:00:00:02"));
        server.State.Add(ClusterNode.CreateFlannel("gone", "10.244.9.0/24", "192.0.2.9", "02:00:00:00:00:09"));
        await using var member = new ClusterMember(server);
        await using var batches = member.Watch();
        Assert.Equal(2, (await batches.NextSnapshotAsync()).Count);
        var next = batches.NextSnapshotAsync();
        await Eventually.IsAsync(() => server.Watches == 1, () => "no watch");

        await server.StopAsync();
        server.State.Delete("gone");
        server.State.Add(ClusterNode.CreateFlannel("three", "10.244.3.0/24", "192.0.2.3", "02:00:00:00:00:03"));
        server.State.Compact();
        await server.StartAsync();

        Assert.Equal(["10.244.2.0-24", "10.244.3.0-24"], (await next).Select(lease => lease.Key).Order(StringComparer.Ordinal));

        // From here on a bookmark has moved the watch past what is forgotten.
        var changes = batches.NextChangesAsync();
        await Eventually.IsAsync(() => server.Watches == 1, () => "no watch");
        for (var i = 0; i < 3; i++)
        {
            server.State.Heartbeat("two");
        }

        server.State.Compact();
        server.SendBookmarks();
        await Eventually.IsAsync(() => server.BookmarksSent == 1, () => "no bookmark");
        server.EndWatches();
        server.State.Add(ClusterNode.CreateFlannel("four", "10.244.4.0/24", "192.0.2.4", "02:00:00:00:00:04"));
        Assert.Equal(["+10.244.4.0-24 192.0.2.4"], (await changes).Select(change => change.Text()));
    }

    [Fact]
    public async Task Watch_ServerRestoredFromABackup_ReadsAgain()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.CreateFlannel("two", "10.244.2.0/24", "192.0.2.2", "02:00:00:00:00:02"));
        await using var member = new ClusterMember(server);
        await using var batches = member.Watch();
        await batches.NextSnapshotAsync();
        var next = batches.NextSnapshotAsync();
        await Eventually.IsAsync(() => server.Watches == 1, () => "no watch");

        server.State.Restore(500);
        server.EndWatches();

        Assert.Single(await next);
    }

    [Fact]
    public async Task Watch_ServerIsAway_SaysSoOnce_AndGoesOn()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.CreateFlannel("two", "10.244.2.0/24", "192.0.2.2", "02:00:00:00:00:02"));
        await using var member = new ClusterMember(server);
        await using var batches = member.Watch();
        await batches.NextSnapshotAsync();
        var next = batches.NextChangesAsync();
        await Eventually.IsAsync(() => server.Watches == 1, () => "no watch");

        await server.StopAsync();
        server.State.Add(ClusterNode.CreateFlannel("three", "10.244.3.0/24", "192.0.2.3", "02:00:00:00:00:03"));
        await Eventually.IsAsync(() => ((Core.Diagnostics.IStoreHealth)member.Manager).StoreFault is not null, () => "no fault");
        await server.StartAsync();

        Assert.Equal(["+10.244.3.0-24 192.0.2.3"], (await next).Select(change => change.Text()));
        await Eventually.IsAsync(() => ((Core.Diagnostics.IStoreHealth)member.Manager).StoreFault is null, () => "still a fault");
    }

    [Fact]
    public async Task Watch_SubnetGoesToANewNodeBeforeTheOldOneIsGone_IsNotLost()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.CreateFlannel("old", "10.244.2.0/24", "192.0.2.2", "02:00:00:00:00:02"));
        await using var member = new ClusterMember(server);
        await using var batches = member.Watch();
        await batches.NextSnapshotAsync();

        server.State.Add(ClusterNode.CreateFlannel("new", "10.244.2.0/24", "192.0.2.8", "02:00:00:00:00:08"));
        Assert.Equal(["+10.244.2.0-24 192.0.2.8"], (await batches.NextChangesAsync()).Select(change => change.Text()));
        server.State.Delete("old");
        server.State.Delete("new");
        Assert.Equal(["-10.244.2.0-24"], (await batches.NextChangesAsync()).Select(change => change.Text()));
    }

    [Fact]
    public async Task Watch_FiveThousandNodes_ComeInPages_AndMayAllChangeAtOnce()
    {
        const int Count = 5000;
        const string Wide = """{"Network":"10.64.0.0/10","Backend":{"Type":"vxlan"}}""";
        await using var server = await ApiServer.StartAsync();
        for (var i = 0; i < Count; i++)
        {
            server.State.Add(ClusterNode.CreateFlannel(i));
        }

        await using var member = new ClusterMember(server, network: Wide);
        await using var batches = member.Watch();
        Assert.Equal(Count, (await batches.NextSnapshotAsync()).Count);

        Assert.Equal(10, server.Requests.Count(request => request.Contains("limit=500", StringComparison.Ordinal)));

        // No queue that could overflow: all of them change at once.
        var changed = new HashSet<string>();
        for (var i = 0; i < Count; i++)
        {
            server.State.Annotate($"node-{i}", Prefix + "public-ip", $"172.17.{i >> 8}.{i & 255}");
        }

        while (changed.Count < Count)
        {
            changed.UnionWith((await batches.NextChangesAsync()).Select(change => change.Text()));
        }

        Assert.All(changed, text => Assert.Contains("172.17.", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Watch_ContinueTokenExpires_BeginsAgain()
    {
        await using var server = await ApiServer.StartAsync();
        for (var i = 0; i < 600; i++)
        {
            server.State.Add(ClusterNode.CreateFlannel(i));
        }

        var pages = 0;
        server.Fail = request =>
        {
            // Between the first page and the second one the server forgets.
            if (request.Query.ContainsKey("continue") && pages++ == 0)
            {
                server.State.Compact();
            }

            return 0;
        };
        await using var member = new ClusterMember(server, network: """{"Network":"10.64.0.0/10","Backend":{"Type":"vxlan"}}""");
        await using var batches = member.Watch();

        Assert.Equal(600, (await batches.NextSnapshotAsync()).Count);
        Assert.Equal(2, pages);
    }
}
