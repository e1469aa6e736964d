using Overlay.Core.Leases;
using Overlay.TestKit.Agents;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>In place of flanneld on a live node, and back.</summary>
public sealed class AdoptionTests : SystemTest
{
    private const string IptablesVxlan = """{ "Network": "10.244.0.0/16", "Backend": { "Type": "vxlan" } }""";

    [Theory]
    [InlineData(IptablesVxlan)]
    [InlineData(Vxlan)]
    public async Task FlanneldsState_UnderTraffic_IsAdoptedWithoutLoss(string configuration)
    {
        await using var lab = CreateLab(3);
        lab.Configure(configuration, "--ip-masq");
        var nodes = await MakeFlanneldNodesAsync(lab);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();
        var device = await DeviceAsync(lab.Agents[0]);
        var traffic = await StartTrafficAsync(workloads[0], workloads[1]);

        foreach (var agent in lab.Agents)
        {
            await agent.StartReadyAsync(Cancellation);
        }

        AssertNothingLost(traffic);
        Assert.Equal(device, await DeviceAsync(lab.Agents[0]));
        Assert.Equal(nodes[0].SubnetEnv, await File.ReadAllTextAsync(lab.Agents[0].SubnetFile, Cancellation));
        Assert.Empty((await lab.Agents[0].RunAsync("ip -4 route show proto boot dev flannel.1")).Trim());
        Assert.Equal(6, (await PeerEntriesAsync(lab.Agents[0])).Length);
    }

    [Fact]
    public async Task WhatOverlaydLeaves_IsWhatFlanneldWouldReuse()
    {
        await using var lab = CreateLab(2);
        lab.Configure(IptablesVxlan, "--ip-masq");
        var node = (await MakeFlanneldNodesAsync(lab))[0];
        var agent = lab.Agents[0];
        var device = await DeviceAsync(agent);
        await lab.StartAllAsync(Cancellation);

        await agent.StopAsync();

        // flannel-facts 5.V4: flanneld keeps the device when kind, VNI, underlay, local address, port, learning and GBP are the same.
        Assert.Equal(device, await DeviceAsync(agent));
        Assert.Equal(node.SubnetEnv, await File.ReadAllTextAsync(agent.SubnetFile, Cancellation));
        Assert.Equal(node.NatRules, await RulesAsync(agent, "nat", "FLANNEL-POSTRTG"));
        Assert.Equal(FlanneldState.FilterRules, await RulesAsync(agent, "filter", "FLANNEL-FWD"));
        var lease = await LeaseSeed.ReadAsync(lab.StorePath, LeaseKeyOf(node));
        Assert.StartsWith(node.LeaseValue[..^1], lease, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FlanneldsState_WithoutLeasesInTheStore_SubnetAndMacAreKept()
    {
        await using var lab = CreateLab(2);
        lab.Configure(IptablesVxlan, "--ip-masq");
        var nodes = await MakeFlanneldNodesAsync(lab, withLeases: false);

        await lab.StartAllAsync(Cancellation);

        Assert.Equal(nodes[0].Subnet, lab.Agents[0].Subnets().IPv4);
        Assert.Equal(nodes[0].Mac, await MacAsync(lab.Agents[0], "flannel.1"));
        Assert.Equal(nodes[1].Subnet, lab.Agents[1].Subnets().IPv4);
    }

    [Fact]
    public async Task IncompatibleDevice_IsReplacedWithAWarning()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan);
        var agent = lab.Agents[0];
        await agent.RunAsync("ip link add flannel.1 type vxlan id 1 local 192.0.2.1 dev eth0 dstport 4789 nolearning");

        await agent.StartReadyAsync(Cancellation);

        Assert.Contains("dstport 8472", await agent.RunAsync("ip -d link show flannel.1"), StringComparison.Ordinal);
        Assert.Contains("flannel.1", agent.Process.Output, StringComparison.Ordinal);
    }

    private static async Task<FlanneldState[]> MakeFlanneldNodesAsync(AgentLab lab, bool withLeases = true)
    {
        var nodes = lab.Agents.Select(agent => new FlanneldState(agent.Host)).ToArray();
        for (var i = 0; i < nodes.Length; i++)
        {
            await nodes[i].MakeAsync(nodes.Where(node => node != nodes[i]), lab.Agents[i].SubnetFile);
        }

        if (withLeases)
        {
            await LeaseSeed.WriteAsync(lab.StorePath, nodes.Select(node => (LeaseKeyOf(node), node.LeaseValue)));
        }

        return nodes;
    }

    private static string LeaseKeyOf(FlanneldState node) => LeaseKey.Format(new Core.Addressing.SubnetPair(node.Subnet, null));

    private static async Task<string> DeviceAsync(AgentHost agent) => await agent.RunAsync("ip -details -oneline link show flannel.1");

    /// <summary>The chain's rules and the jump to it, as <c>iptables -S</c> prints them.</summary>
    private static async Task<string[]> RulesAsync(AgentHost agent, string table, string chain) =>
        [.. (await agent.RunAsync($"iptables -t {table} -S")).Split('\n').Where(line => line.StartsWith("-A ", StringComparison.Ordinal) && line.Contains(chain, StringComparison.Ordinal))];
}
