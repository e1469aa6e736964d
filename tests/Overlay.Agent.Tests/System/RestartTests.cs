using Overlay.TestKit.Agents;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>An agent that ends, however it ends, leaves the data path standing; the next one takes it over without a gap. The full twenty rounds are
/// <c>benchmarks/run restart --check</c>.</summary>
public sealed class RestartTests : SystemTest
{
    [Fact]
    public async Task Kill_UnderTraffic_StartAgain_LosesNothing()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan, "--ip-masq");
        await lab.StartAllAsync(Cancellation);
        var agent = lab.Agents[0];
        var workloads = lab.Agents.Select(each => each.AddWorkload()).ToArray();
        var before = await PeerEntriesAsync(agent);
        var traffic = await StartTrafficAsync(workloads[0], workloads[1]);

        for (var round = 0; round < 3; round++)
        {
            await agent.KillAsync();
            await agent.StartReadyAsync(Cancellation);
        }

        AssertNothingLost(traffic);
        Assert.Equal(before, await PeerEntriesAsync(agent));
    }

    [Fact]
    public async Task Terminate_UnderTraffic_LeavesTheDataPathStanding()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan, "--ip-masq");
        await lab.StartAllAsync(Cancellation);
        var agent = lab.Agents[0];
        var workloads = lab.Agents.Select(each => each.AddWorkload()).ToArray();
        var before = await PeerEntriesAsync(agent);
        var subnets = agent.Subnets();
        var mac = await MacAsync(agent, "flannel.1");
        var traffic = await StartTrafficAsync(workloads[0], workloads[1]);

        Assert.Equal(0, await agent.StopAsync());

        Assert.Equal(before, await PeerEntriesAsync(agent));
        Assert.Contains("masquerade", await agent.RunAsync("nft list ruleset"), StringComparison.Ordinal);
        await agent.StartReadyAsync(Cancellation);
        AssertNothingLost(traffic);
        Assert.Equal(subnets, agent.Subnets());
        Assert.Equal(mac, await MacAsync(agent, "flannel.1"));
    }

    [Fact]
    public async Task PeerLeavesWhileAgentIsDown_StaleEntriesAreRemovedAtStart()
    {
        await using var lab = CreateLab(3);
        lab.Configure(Vxlan);
        await lab.StartAllAsync(Cancellation);
        var agent = lab.Agents[0];
        await agent.KillAsync();
        var left = await lab.Agents[2].ControlAsync("leave");
        Assert.True(left.Status == 0, left.Text);

        await agent.StartReadyAsync(Cancellation);

        var entries = await PeerEntriesAsync(agent);
        Assert.Equal(3, entries.Length);
        Assert.All(entries, line => Assert.DoesNotContain("192.0.2.3", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task DeviceLostWhileAgentIsDown_IsMadeAgainWithTheSameMac()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan);
        await lab.StartAllAsync(Cancellation);
        var agent = lab.Agents[0];
        var mac = await MacAsync(agent, "flannel.1");
        var before = await PeerEntriesAsync(agent);
        await agent.KillAsync();
        await agent.RunAsync("ip link delete flannel.1");

        await agent.StartReadyAsync(Cancellation);

        Assert.Equal(mac, await MacAsync(agent, "flannel.1"));
        Assert.Equal(before, await PeerEntriesAsync(agent));
    }

    [Fact]
    public async Task Configuration_OtherVniAndMtu_OldDeviceGoes()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan);
        await lab.StartAllAsync(Cancellation);
        foreach (var agent in lab.Agents)
        {
            await agent.StopAsync();
        }

        lab.Configure("""{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "vxlan", "VNI": 9, "MTU": 1400 } }""");
        await lab.StartAllAsync(Cancellation);

        var links = await lab.Agents[0].RunAsync("ip -brief link show type vxlan");
        Assert.DoesNotContain("flannel.1 ", links, StringComparison.Ordinal);
        Assert.Contains("flannel.9 ", links, StringComparison.Ordinal);
        Assert.Contains("mtu 1350 ", await lab.Agents[0].RunAsync("ip link show flannel.9"), StringComparison.Ordinal);
        await Deadline.UntilAsync(() => PeerEntriesAsync(lab.Agents[0]).GetAwaiter().GetResult().Length == 3, () => lab.Agents[0].Process.Output, Cancellation);
    }
}
