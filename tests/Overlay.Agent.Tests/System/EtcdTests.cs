using Overlay.Core.Addressing;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Etcd;
using Overlay.TestKit.Namespaces;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>Several overlayd and a real etcd: the store comes and goes, packets do not notice. How fast agents converge is <c>benchmarks/run etcd --check</c>.</summary>
public sealed class EtcdTests : SystemTest
{
    // A node that runs flanneld: what it wrote, and what its peers must have for it.
    private const string FlannelKey = "10.244.200.0-24";
    private const string FlannelValue = """{"PublicIP":"192.0.2.200","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"02:42:c0:00:02:c8"}}""";
    private const string FlannelRoute = "route 10.244.200.0/24 via 10.244.200.0 dev flannel.1 onlink";

    [Theory]
    [InlineData(Vxlan, AddressFamilies.IPv4)]
    [InlineData(DualVxlan, AddressFamilies.Dual)]
    [InlineData(IPv6Vxlan, AddressFamilies.IPv6)]
    public async Task ThreeHosts_AnyFamily_ReachEachOther(string configuration, AddressFamilies families)
    {
        await using var lab = await StartAsync(3, configuration, families);
        await lab.Lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();

        foreach (var (from, to) in workloads.SelectMany(from => workloads.Where(to => to != from).SelectMany(AddressesOf).Select(to => (from, to))))
        {
            var ping = await PingAsync(from, to);
            Assert.True(ping.Status == 0, ping.Text);
        }
    }

    [Fact]
    public async Task FlannelsLease_WrittenChangedAndDeleted_IsFollowed()
    {
        await using var lab = await StartAsync(1, Vxlan);
        var agent = lab.Agents[0];
        await lab.PutLeaseAsync(FlannelKey, FlannelValue);
        await agent.StartReadyAsync(Cancellation);
        Assert.Contains(FlannelRoute, await PeerEntriesAsync(agent));

        await lab.PutLeaseAsync(FlannelKey, FlannelValue.Replace("192.0.2.200", "192.0.2.201", StringComparison.Ordinal));
        await WaitForAsync(agent, entries => entries.Any(line => line.Contains(" dst 192.0.2.201 ", StringComparison.Ordinal)));
        await lab.DeleteLeaseAsync(FlannelKey);

        await WaitForEntriesAsync(agent, []);
    }

    [Fact]
    public async Task LeaderKilledThenAnotherMember_UnderTraffic_NothingIsLost()
    {
        await using var lab = await StartAsync(2, Vxlan, members: 3);
        await lab.Lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();
        var traffic = await StartTrafficAsync(workloads[0], workloads[1]);

        for (var round = 1; round <= 2; round++)
        {
            var leader = await lab.Cluster.LeaderAsync();
            await leader.KillAsync();
            await lab.Cluster.WaitUntilServingAsync();
            await lab.PutLeaseAsync($"10.244.20{round}.0-24", FlannelValue);
            foreach (var agent in lab.Agents)
            {
                await WaitForAsync(agent, entries => entries.Contains($"route 10.244.20{round}.0/24 via 10.244.20{round}.0 dev flannel.1 onlink"));
            }

            lab.Cluster.Restart(leader);
            await lab.Cluster.WaitUntilServingAsync();
        }

        AssertNothingLost(traffic);
        await AssertOwnersAsync(lab, "10.244.201.0-24", "10.244.202.0-24");
    }

    [Fact]
    public async Task AllOfEtcdKilled_UnderTraffic_IsToldAndOutlived()
    {
        await using var lab = await StartAsync(2, Vxlan);
        await lab.Lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();
        var traffic = await StartTrafficAsync(workloads[0], workloads[1]);
        var (agent, before) = (lab.Agents[0], await PeerEntriesAsync(lab.Agents[0]));

        await lab.Cluster.Members[0].KillAsync();
        await Deadline.UntilAsync(() => agent.Metric("overlay_store_reachable") == 0, () => agent.Process.Output, Cancellation, everyMilliseconds: 50);
        var page = agent.TryGet("/readyz?verbose");
        Assert.True(page is { IsSuccess: true } && page.Body.Contains("store: etcd at http://192.0.2.254:", StringComparison.Ordinal), page?.Body);
        Assert.Contains("does not answer", (await agent.ControlAsync("status")).Text, StringComparison.Ordinal);
        Assert.True(agent.Metric("overlay_store_errors_total") > 0);
        lab.Cluster.Restart(lab.Cluster.Members[0]);
        await lab.Cluster.WaitUntilServingAsync();
        await lab.PutLeaseAsync(FlannelKey, FlannelValue);

        await WaitForAsync(agent, entries => entries.Contains(FlannelRoute) && before.All(entries.Contains));
        await Deadline.UntilAsync(() => agent.Metric("overlay_store_reachable") == 1, () => agent.Process.Output, Cancellation, everyMilliseconds: 50);
        AssertNothingLost(traffic);
        await AssertOwnersAsync(lab, FlannelKey);
        await agent.Process.WaitForLineAsync("The lease store failed to watch", TimeSpan.FromSeconds(10));
        await agent.Process.WaitForLineAsync("The lease store answers again", TimeSpan.FromSeconds(10));
        Assert.Equal(0, agent.Metric("overlay_repairs_total"));
    }

    [Fact]
    public async Task AgentStandsStill_LeasesChangeAndEtcdIsCompacted_OnlyTheDifferenceIsApplied()
    {
        const int Stop = 19, Continue = 18;
        await using var lab = await StartAsync(2, Vxlan);
        await lab.PutLeaseAsync("10.244.201.0-24", FlannelValue);
        await lab.Lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();
        var traffic = await StartTrafficAsync(workloads[0], workloads[1]);
        var agent = lab.Agents[0];

        agent.Process.Send(Stop);
        await lab.DeleteLeaseAsync("10.244.201.0-24");
        await lab.PutLeaseAsync(FlannelKey, FlannelValue);
        // Its connection goes too, so that it must ask for changes that are forgotten.
        await lab.Cluster.CompactAsync();
        await lab.Cluster.Members[0].KillAsync();
        lab.Cluster.Restart(lab.Cluster.Members[0]);
        await lab.Cluster.WaitUntilServingAsync();
        agent.Process.Send(Continue);

        await WaitForAsync(agent, entries => entries.Contains(FlannelRoute) && !entries.Any(line => line.Contains("10.244.201.0", StringComparison.Ordinal)));
        AssertNothingLost(traffic);
        await AssertOwnersAsync(lab, FlannelKey);
    }

    [Fact]
    public async Task CertificatesReplaced_UnderTraffic_AgentsGoOn()
    {
        await using var lab = await StartAsync(2, Vxlan, hasCertificates: true);
        await lab.Lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();
        var traffic = await StartTrafficAsync(workloads[0], workloads[1]);

        lab.Certificates!.Renew();
        await lab.Cluster.Members[0].KillAsync();
        lab.Cluster.Restart(lab.Cluster.Members[0]);
        await lab.Cluster.WaitUntilServingAsync();
        await lab.PutLeaseAsync(FlannelKey, FlannelValue);

        await WaitForAsync(lab.Agents[0], entries => entries.Contains(FlannelRoute));
        AssertNothingLost(traffic);
        await AssertOwnersAsync(lab, FlannelKey);
    }

    [Fact]
    public async Task PublicAddressAndMacChangeWhileRunning_ArePublishedAndFollowed()
    {
        await using var lab = await StartAsync(3, Vxlan);
        await lab.Lab.StartAllAsync(Cancellation);
        var (witness, mover) = (lab.Agents[0], lab.Agents[1]);
        var (subnets, workloads) = (mover.Subnets(), lab.Agents.Select(agent => agent.AddWorkload()).ToArray());
        // The mover's own packets are lost while it has no address; those of all others are not.
        var traffic = await StartTrafficAsync(workloads[0], workloads[2]);

        // In this order: with a first address its secondary ones go, too.
        await mover.RunAsync("ip address delete 192.0.2.2/24 dev eth0");
        await mover.RunAsync("ip address add 192.0.2.77/24 dev eth0");
        mover.Host.AddDefaultRoutes();

        await WaitForAsync(witness, entries => entries.Any(line => line.Contains(" dst 192.0.2.77 ", StringComparison.Ordinal)));
        Assert.Contains("\"PublicIP\":\"192.0.2.77\"", await lab.LeaseOfAsync(mover), StringComparison.Ordinal);
        await WaitForPingAsync(workloads[0], workloads[1], mover);

        // Somebody gives the running device another address: the lease's is put back, which the peers send to.
        var published = await MacAsync(mover, "flannel.1");
        await mover.RunAsync("ip link set flannel.1 address 02:00:00:00:be:ef");
        await Deadline.UntilAsync(() => MacAsync(mover, "flannel.1").GetAwaiter().GetResult() == published, () => mover.Process.Output, Cancellation);
        await WaitForPingAsync(workloads[0], workloads[1], mover);

        // The device's address is the node's, and it is kept; the next start of a node whose device was deleted has a new one.
        await mover.StopAsync();
        await mover.RunAsync("ip link delete flannel.1");
        Directory.Delete(Path.Combine(mover.Folder, "state"), recursive: true);
        await mover.StartReadyAsync(Cancellation);
        var mac = await MacAsync(mover, "flannel.1");

        await WaitForAsync(witness, entries => entries.Any(line => line.Contains($"lladdr {mac}", StringComparison.Ordinal)));
        Assert.Contains($"\"VtepMAC\":\"{mac}\"", await lab.LeaseOfAsync(mover), StringComparison.Ordinal);
        await WaitForPingAsync(workloads[0], workloads[1], mover);
        Assert.Equal(subnets, mover.Subnets());
        AssertNothingLost(traffic);
        Assert.Equal(3, (await lab.LeaseKeysAsync()).Length);
    }

    [Fact]
    public async Task AnotherNodeOwnsTheSubnet_AgentEndsWithStatusZeroAndLeavesTheDataPath()
    {
        await using var lab = await StartAsync(2, Vxlan);
        await lab.Lab.StartAllAsync(Cancellation);
        var agent = lab.Agents[0];
        var before = await PeerEntriesAsync(agent);

        // As flanneld's unconditional renewal would (flannel issue 1343).
        await lab.PutLeaseAsync(Core.Leases.LeaseKey.Format(agent.Subnets()), FlannelValue);
        await agent.Process.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(0, agent.Process.ExitCode);
        Assert.Equal(FlannelValue, await lab.LeaseOfAsync(agent));
        Assert.Equal(before, await PeerEntriesAsync(agent));
    }

    [Fact]
    public async Task OwnLeaseDeleted_UnderTraffic_IsTakenAgainOnTheSameSubnet()
    {
        await using var lab = await StartAsync(2, Vxlan);
        await lab.Lab.StartAllAsync(Cancellation);
        var (agent, subnets) = (lab.Agents[0], lab.Agents[0].Subnets());
        var entries = await PeerEntriesAsync(agent);

        await lab.DeleteLeaseAsync(Core.Leases.LeaseKey.Format(subnets));

        await agent.Process.WaitForLineAsync("again", TimeSpan.FromSeconds(30));
        await Deadline.UntilAsync(() => lab.LeaseOfAsync(agent).GetAwaiter().GetResult().Contains("192.0.2.1", StringComparison.Ordinal), () => agent.Process.Output, Cancellation, everyMilliseconds: 100);
        Assert.Equal((subnets, false), (agent.Subnets(), agent.Process.HasExited));
        Assert.Equal(entries, await PeerEntriesAsync(agent));
    }

    [Fact]
    public async Task EtcdAwayAndWithoutConfigurationAtStart_AgentWaitsAndSaysForWhat()
    {
        await using var lab = await StartAsync(1, null);
        var agent = lab.Agents[0];
        await lab.Cluster.Members[0].KillAsync();
        agent.Flags = ["--healthz-ip=127.0.0.1", "--healthz-port=8471"];
        agent.Start();
        await WaitForPageAsync(agent, "does not answer");
        using var client = agent.CreateHttpClient();
        Assert.Equal("flanneld is running", await client.GetStringAsync(new Uri("http://127.0.0.1:8471/healthz"), Cancellation));

        lab.Cluster.Restart(lab.Cluster.Members[0]);
        await lab.Cluster.WaitUntilServingAsync();
        await WaitForPageAsync(agent, "/coreos.com/network/config does not exist; this node waits for it");
        await lab.ConfigureAsync(Vxlan);

        await agent.WaitForReadyAsync(Cancellation);
    }

    [Fact]
    public async Task ConfigurationChangesInEtcd_IsAppliedOrSaid()
    {
        await using var lab = await StartAsync(1, Vxlan);
        var agent = lab.Agents[0];
        await agent.StartReadyAsync(Cancellation);

        await lab.ConfigureAsync("{ no JSON");
        await agent.Process.WaitForLineAsync("cannot be used any more, the configuration before stays in force", TimeSpan.FromSeconds(30));
        await lab.ConfigureAsync(Vxlan.Replace("10.244.0.0/16", "10.245.0.0/16", StringComparison.Ordinal));

        await agent.Process.WaitForLineAsync("Network has changed in the network configuration", TimeSpan.FromSeconds(30));
        Assert.False(agent.Process.HasExited);
    }

    [Fact]
    public async Task Commands_OnEtcd_PlanAndLeave()
    {
        await using var lab = await StartAsync(2, Vxlan);
        await lab.PutLeaseAsync(FlannelKey, FlannelValue);
        var agent = lab.Agents[0];

        var plan = await agent.PlanAsync();
        Assert.Contains("10.244.200.0/24 via 10.244.200.0 dev flannel.1 onlink", plan.Text, StringComparison.Ordinal);
        Assert.Empty(await lab.Cluster.ControlAsync("get", "--prefix", "/coreos.com/network/subnets/10.244.1", "--keys-only"));
        await agent.StartReadyAsync(Cancellation);
        var key = Core.Leases.LeaseKey.Format(agent.Subnets());
        var left = await agent.ControlAsync("leave");

        Assert.True(left.Status == 0, left.Text);
        Assert.Empty(await lab.Cluster.GetAsync($"/coreos.com/network/subnets/{key}"));
        // Only the one that holds flannel's key is left.
        Assert.StartsWith("found 1 leases", await lab.Cluster.ControlAsync("lease", "list"), StringComparison.Ordinal);
        await AssertNothingIsLeftAsync(agent);
    }

    [Fact]
    public async Task Reserve_OnEtcd_TheNodeGetsItsSubnetWithoutEnd_AndNobodyElseDoes()
    {
        // Two subnets are all there are.
        await using var lab = await StartAsync(3, """{ "Network": "10.244.0.0/16", "SubnetMin": "10.244.7.0", "SubnetMax": "10.244.8.0", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""");
        var (holder, other, late) = (lab.Agents[0], lab.Agents[1], lab.Agents[2]);

        var reserved = await holder.RunOfflineAsync("reserve", "10.244.7.0/24", "192.0.2.1");
        Assert.True(reserved.Status == 0 && reserved.Text.Contains("Reserved 10.244.7.0/24 for 192.0.2.1.", StringComparison.Ordinal), reserved.Text);
        Assert.StartsWith("found 0 leases", await lab.Cluster.ControlAsync("lease", "list"), StringComparison.Ordinal);
        var taken = await holder.RunOfflineAsync("reserve", "10.244.7.0/24", "192.0.2.2");
        Assert.True(taken.Status == 1 && taken.Text.Contains("10.244.7.0/24", StringComparison.Ordinal), taken.Text);
        await other.StartReadyAsync(Cancellation);
        Assert.Equal("10.244.8.1/24", other.SubnetValue("FLANNEL_SUBNET"));
        // A reservation is no peer.
        Assert.Empty(await PeerEntriesAsync(other));
        late.Start();
        await late.Process.WaitForExitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, late.Process.ExitCode);

        await holder.StartReadyAsync(Cancellation);

        Assert.Equal("10.244.7.1/24", holder.SubnetValue("FLANNEL_SUBNET"));
        await WaitForAsync(other, entries => entries.Length == 3);
        Assert.Equal(["10.244.7.0-24", "10.244.8.0-24"], await lab.LeaseKeysAsync());
        // The other's alone ends by itself.
        Assert.StartsWith("found 1 leases", await lab.Cluster.ControlAsync("lease", "list"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task NetworkToEtcdCutForTwoRenewalPeriods_UnderTraffic_LeasesStayAndChangesArrive()
    {
        // Renewed every minute, and valid for five.
        await using var lab = await StartAsync(2, Vxlan, flags: ["--subnet-lease-term=5", "--subnet-lease-renew-margin=4"]);
        await lab.Lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();
        var traffic = await StartTrafficAsync(workloads[0], workloads[1], perSecond: 100);
        var leases = lab.Agents.Select(agent => agent.Subnets()).ToArray();

        await lab.CutAsync(true);
        await lab.PutLeaseAsync(FlannelKey, FlannelValue);
        await Deadline.UntilAsync(() => lab.Agents.All(agent => agent.Metric("overlay_store_reachable") == 0), () => lab.Agents[0].Process.Output, Cancellation, seconds: 60, everyMilliseconds: 200);
        await Task.Delay(TimeSpan.FromSeconds(130), Cancellation); // The length of the outage is the case.
        await lab.CutAsync(false);

        foreach (var agent in lab.Agents)
        {
            await WaitForAsync(agent, entries => entries.Contains(FlannelRoute));
            await Deadline.UntilAsync(() => agent.Metric("overlay_lease_renewals_total") > 0, () => agent.Process.Output, Cancellation, seconds: 60, everyMilliseconds: 100);
        }

        AssertNothingLost(traffic);
        await AssertOwnersAsync(lab, FlannelKey);
        Assert.Equal(leases, lab.Agents.Select(agent => agent.Subnets()));
        Assert.All(lab.Agents, agent => Assert.DoesNotContain("was lost", agent.Process.Output, StringComparison.Ordinal));
    }

    // Each agent has one lease, nobody else has its subnet, and the only other lease is flannel's.
    private static async Task AssertOwnersAsync(EtcdLab lab, params string[] others)
    {
        var leases = await Task.WhenAll(lab.Agents.Select(async agent => (Key: Core.Leases.LeaseKey.Format(agent.Subnets()), Value: await lab.LeaseOfAsync(agent))));
        Assert.Equal(leases.Select(lease => lease.Key).Concat(others).Order(StringComparer.Ordinal), await lab.LeaseKeysAsync());
        Assert.All(lab.Agents.Zip(leases), pair => Assert.Contains($"\"PublicIP\":\"192.0.2.{pair.First.Host.Number}\"", pair.Second.Value, StringComparison.Ordinal));
    }

    private static Task<EtcdLab> StartAsync(
        int hosts, string? configuration, AddressFamilies families = AddressFamilies.IPv4, int members = 1, bool hasCertificates = false, params string[] flags)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        return EtcdLab.StartAsync(new TestTopologyOptions { Hosts = hosts, Families = families }, configuration, members, hasCertificates, flags);
    }

    private static Task<TimeSpan> WaitForPingAsync(TestWorkload from, TestWorkload to, AgentHost explaining) => Deadline.UntilAsync(
        () => PingAsync(from, AddressesOf(to).First()).GetAwaiter().GetResult().Status == 0, () => explaining.Process.Output, Cancellation, seconds: 60, everyMilliseconds: 100);

    private static async Task WaitForAsync(AgentHost agent, Func<string[], bool> isMet)
    {
        string[] found = [];
        await Deadline.UntilAsync(
            () => isMet(found = PeerEntriesAsync(agent).GetAwaiter().GetResult()), () => $"{string.Join('\n', found)}\n{agent.Process.Output}", Cancellation, seconds: 60, everyMilliseconds: 50);
    }

    private static Task<TimeSpan> WaitForPageAsync(AgentHost agent, string text) => Deadline.UntilAsync(
        () => agent.TryGet("/readyz?verbose")?.Body.Contains(text, StringComparison.Ordinal) == true,
        () => $"{agent.TryGet("/readyz?verbose")?.Body}\n{agent.Process.Output}",
        Cancellation,
        seconds: 30,
        everyMilliseconds: 50);
}
