using Overlay.TestKit.Agents;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>Somebody breaks something; overlayd puts it back and counts it. How fast is measured by <c>benchmarks/run repair --check</c>.</summary>
public sealed class RepairTests : SystemTest
{
    [Theory]
    [InlineData("ip link delete flannel.1", "link")]
    [InlineData("ip link set flannel.1 down", "link")]
    [InlineData("ip link set flannel.1 address 02:aa:aa:aa:aa:aa", "link")]
    [InlineData("ip link set flannel.1 mtu 1300", "link")]
    [InlineData("ip address flush dev flannel.1", "address")]
    [InlineData("ip route flush dev flannel.1", "route")]
    [InlineData("ip neighbour flush dev flannel.1 nud permanent", "neighbour")]
    [InlineData("bridge fdb flush dev flannel.1", "fdb")]
    [InlineData("nft flush ruleset", "firewall")]
    public async Task ForeignChange_UnderTraffic_IsRepairedAndCounted(string command, string kind)
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan, "--ip-masq");
        await lab.StartAllAsync(Cancellation);
        var agent = lab.Agents[0];
        var workloads = lab.Agents.Select(each => each.AddWorkload()).ToArray();
        var (there, back) = await StartTrafficAsync(workloads[0], workloads[1], perSecond: 100);
        using var _ = there;
        using var __ = back;
        var before = await StateAsync(agent);
        Assert.Equal(0, agent.Metric("overlay_repairs_total"));

        await agent.RunAsync(command);

        await WaitForStateAsync(agent, before);
        await Deadline.UntilAsync(
            () => agent.Metric("overlay_repairs_total", $"kind=\"{kind}\"") >= 1,
            () => $"no repair of kind {kind} is counted:\n{agent.TryGet("/metrics")?.Body}",
            Cancellation);
        await Task.WhenAll(there.WaitForArrivalAsync(TimeSpan.FromSeconds(10)), back.WaitForArrivalAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task ForeignAddress_OfTheNetworkOnTheDevice_IsRemoved()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan);
        await lab.StartAllAsync(Cancellation);
        var before = await StateAsync(lab.Agents[0]);

        await lab.Agents[0].RunAsync("ip address add 10.244.255.9/32 dev flannel.1");

        await WaitForStateAsync(lab.Agents[0], before);
    }

    [Fact]
    public async Task Underlay_DownAndUp_OverlayIsWholeAgain()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan, "--ip-masq");
        await lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(each => each.AddWorkload()).ToArray();
        var before = await StateAsync(lab.Agents[0]);

        lab.Agents[0].Host.SetUnderlay(isUp: false);
        lab.Agents[0].Host.SetUnderlay(isUp: true);
        lab.Agents[0].Host.AddDefaultRoutes();

        await WaitForStateAsync(lab.Agents[0], before);
        await Deadline.UntilAsync(() => PingAsync(workloads[0], workloads[1].Addresses.IPv4!).GetAwaiter().GetResult().Status == 0, () => lab.Agents[0].Process.Output, Cancellation);
    }

    [Fact]
    public async Task HostGatewayRoutes_UnderlayDownAndUp_ComeBack()
    {
        await using var lab = CreateLab(2);
        lab.Configure("""{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "host-gw" } }""");
        await lab.StartAllAsync(Cancellation);
        var before = await PeerEntriesAsync(lab.Agents[0]);
        Assert.NotEmpty(before);

        // The kernel takes the routes away without a word (flannel-facts 5.V10, flannel #1070).
        lab.Agents[0].Host.SetUnderlay(isUp: false);
        lab.Agents[0].Host.SetUnderlay(isUp: true);

        await WaitForEntriesAsync(lab.Agents[0], before);
    }

    [Fact]
    public async Task UnderlayMtu_Changed_DeviceAndSubnetFileFollow()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan);
        await lab.StartAllAsync(Cancellation);
        var agent = lab.Agents[0];
        Assert.Equal("1450", agent.SubnetValue("FLANNEL_MTU"));

        await agent.RunAsync("ip link set eth0 mtu 1400");

        await Deadline.UntilAsync(() => agent.SubnetValue("FLANNEL_MTU") == "1350", () => agent.Process.Output, Cancellation);
        await Deadline.UntilAsync(() => agent.Host.Route.FindLink("flannel.1") is { Mtu: 1350 }, () => agent.Process.Output, Cancellation);
    }

    [Fact]
    public async Task UnderlayAddress_Changed_DeviceAndPeersFollow()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan, "--iface=eth0");
        await lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(each => each.AddWorkload()).ToArray();

        await lab.Agents[1].RunAsync("ip address delete 192.0.2.2/24 dev eth0");
        await lab.Agents[1].RunAsync("ip address add 192.0.2.77/24 dev eth0");
        lab.Agents[1].Host.AddDefaultRoutes();

        await Deadline.UntilAsync(
            () => PeerEntriesAsync(lab.Agents[0]).GetAwaiter().GetResult() is var entries
                && entries.Any(line => line.Contains(" dst 192.0.2.77 ", StringComparison.Ordinal)) && !entries.Any(line => line.Contains(" dst 192.0.2.2 ", StringComparison.Ordinal)),
            () => $"{lab.Agents[0].Process.Output}\n{lab.Agents[1].Process.Output}",
            Cancellation);
        Assert.Contains(" local 192.0.2.77 ", await lab.Agents[1].RunAsync("ip -d link show flannel.1"), StringComparison.Ordinal);
        Assert.Equal(0, (await PingAsync(workloads[0], workloads[1].Addresses.IPv4!)).Status);
    }

    /// <summary>Everything that overlayd keeps on the host: its device, its addresses, its peers' entries, its rules.</summary>
    private static async Task<string[]> StateAsync(AgentHost agent)
    {
        var device = await agent.RunAsync("ip -details -oneline link show flannel.1");
        var addresses = await agent.RunAsync("ip -oneline -4 address show dev flannel.1");
        var rules = await agent.RunAsync("nft --stateless list ruleset");
        return [WithoutIndex(device), WithoutIndex(addresses), rules, .. await PeerEntriesAsync(agent)];
    }

    private static async Task WaitForStateAsync(AgentHost agent, string[] expected)
    {
        string[] found = [];
        await Deadline.UntilAsync(
            () =>
            {
                try
                {
                    found = StateAsync(agent).GetAwaiter().GetResult();
                }
                catch (InvalidOperationException)
                {
                    // There is no device at this moment.
                    return false;
                }

                return found.SequenceEqual(expected);
            },
            () => $"expected\n{string.Join('\n', expected)}\nfound\n{string.Join('\n', found)}\n{agent.Process.Output}",
            Cancellation,
            everyMilliseconds: 20);
    }

    // A device that was made again has another index.
    private static string WithoutIndex(string line) => line.Length == 0 ? line : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..];
}
