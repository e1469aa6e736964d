using System.Net;
using Overlay.Core.Addressing;
using Overlay.TestKit.Agents;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>The main job: three hosts, an overlayd and a workload on each, packets between all of them.</summary>
public sealed class OverlayTests : SystemTest
{
    [Theory]
    [InlineData(Vxlan, AddressFamilies.IPv4, 1450)]
    [InlineData(DualVxlan, AddressFamilies.Dual, 1430)]
    [InlineData(IPv6Vxlan, AddressFamilies.IPv6, 1430)]
    public async Task ThreeHosts_Vxlan_WorkloadsReachEachOtherUpToTheExactMtu(string configuration, AddressFamilies families, int mtu)
    {
        await using var lab = CreateLab(3, families);
        lab.Configure(configuration, "--ip-masq");
        await lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();

        Assert.All(lab.Agents, agent => Assert.Equal($"{mtu}", agent.SubnetValue("FLANNEL_MTU")));
        foreach (var from in workloads)
        {
            foreach (var to in workloads.Where(to => to != from).SelectMany(AddressesOf))
            {
                await AssertMtuAsync(from, to, mtu);
            }
        }
    }

    [Fact]
    public async Task TwoHosts_DualStack_KernelStateIsFlannels()
    {
        await using var lab = CreateLab(2, AddressFamilies.Dual);
        lab.Configure(DualVxlan);
        await lab.StartAllAsync(Cancellation);
        var (own, peer) = (lab.Agents[0], lab.Agents[1]);
        var (subnet, subnet6) = (peer.Subnets().IPv4!.Value, peer.Subnets().IPv6!.Value);
        var mac = await MacAsync(peer, "flannel.1");
        var mac6 = await MacAsync(peer, "flannel-v6.1");

        // flannel-facts 5.V8 and 5.V9, but with a route protocol of our own.
        Assert.Equal(
            new[]
            {
                $"fdb {mac} dev flannel.1 dst 192.0.2.2 self permanent",
                $"fdb {mac6} dev flannel-v6.1 dst 2001:db8::2 self permanent",
                $"neighbour {subnet.BaseAddress} dev flannel.1 lladdr {mac} PERMANENT",
                $"neighbour {subnet6.BaseAddress} dev flannel-v6.1 lladdr {mac6} PERMANENT",
                $"route {subnet} via {subnet.BaseAddress} dev flannel.1 onlink",
                $"route {subnet6} via {subnet6.BaseAddress} dev flannel-v6.1 metric 1024 onlink pref medium",
            }.Order(StringComparer.Ordinal),
            await PeerEntriesAsync(own));
        var device = await own.RunAsync("ip -d link show flannel.1");
        Assert.Contains("vxlan id 1 local 192.0.2.1 dev eth0 srcport 0 0 dstport 8472 nolearning", device, StringComparison.Ordinal);
        Assert.Contains($"inet {own.Subnets().IPv4!.Value.BaseAddress}/32 ", await own.RunAsync("ip -4 address show flannel.1"), StringComparison.Ordinal);
        Assert.Contains($"inet6 {own.Subnets().IPv6!.Value.BaseAddress}/128 ", await own.RunAsync("ip -6 address show flannel-v6.1"), StringComparison.Ordinal);
        Assert.Equal(
            $"""
            FLANNEL_NETWORK=10.244.0.0/16
            FLANNEL_SUBNET={FirstAddress(own.Subnets().IPv4!.Value)}
            FLANNEL_IPV6_NETWORK=fd00:244::/48
            FLANNEL_IPV6_SUBNET={FirstAddress(own.Subnets().IPv6!.Value)}
            FLANNEL_MTU=1430
            FLANNEL_IPMASQ=false

            """,
            await File.ReadAllTextAsync(own.SubnetFile, Cancellation));
    }

    [Fact]
    public async Task TwoHosts_HostGateway_RouteThroughEachOther()
    {
        await using var lab = CreateLab(2);
        lab.Configure("""{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "host-gw" } }""");
        await lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();

        Assert.Equal([$"route {lab.Agents[1].Subnets().IPv4} via 192.0.2.2 dev eth0"], await PeerEntriesAsync(lab.Agents[0]));
        await AssertMtuAsync(workloads[0], workloads[1].Addresses.IPv4!, 1500);
    }

    [Fact]
    public async Task TwoHosts_Alloc_LeaseAndFileOnly()
    {
        await using var lab = CreateLab(2);
        lab.Configure("""{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "alloc" } }""");
        await lab.StartAllAsync(Cancellation);

        Assert.NotEqual(lab.Agents[0].Subnets(), lab.Agents[1].Subnets());
        Assert.Empty(await PeerEntriesAsync(lab.Agents[0]));
        Assert.Equal("1500", lab.Agents[0].SubnetValue("FLANNEL_MTU"));
    }

    [Fact]
    public async Task Leave_OneOfThree_PeersDropItAndItsStateGoes()
    {
        await using var lab = CreateLab(3, AddressFamilies.Dual);
        lab.Configure(DualVxlan, "--ip-masq");
        await lab.StartAllAsync(Cancellation);
        var (witness, leaver) = (lab.Agents[0], lab.Agents[2]);
        var gone = leaver.Subnets();
        var before = await PeerEntriesAsync(witness);
        var mac = await MacAsync(leaver, "flannel.1");
        var mac6 = await MacAsync(leaver, "flannel-v6.1");

        var left = await leaver.ControlAsync("leave");

        Assert.True(left.Status == 0, left.Text);
        string[] theirs = [$" {gone.IPv4} ", $" {gone.IPv6} ", $" {mac} ", $" {mac6} "];
        await WaitForEntriesAsync(witness, [.. before.Where(line => !theirs.Any(text => (line + ' ').Contains(text, StringComparison.Ordinal)))]);
        Assert.Equal(0, await ExitAsync(leaver));
        await AssertNothingIsLeftAsync(leaver);
    }

    private static async Task<int> ExitAsync(AgentHost agent)
    {
        await agent.Process.WaitForExitAsync(TimeSpan.FromSeconds(20));
        return agent.Process.ExitCode;
    }

    private static string FirstAddress(IPNetwork subnet)
    {
        var first = new InetAddress(subnet.BaseAddress);
        return $"{first.WithValue(first.Value + 1)}/{subnet.PrefixLength}";
    }
}
