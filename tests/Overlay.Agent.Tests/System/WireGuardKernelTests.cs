using Overlay.Core.Addressing;
using Overlay.TestKit.Agents;
using Overlay.WireGuard.Control.Kernel;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>The wireguard backend with the kernel's device. <see cref="WireGuardMachineTests"/> runs these where there is none.</summary>
public sealed class WireGuardKernelTests : WireGuardTest
{
    // Where the processor is emulated, everything takes its time.
    private const double Patience = 300;

    [Fact]
    public async Task ThreeHosts_KernelAndUserspace_ReachEachOtherUpToTheExactMtu()
    {
        await using var lab = CreateKernelLab(3);
        lab.Agents[2].Configuration = Configuration(AddressFamilies.IPv4, ", \"Device\": \"userspace\"");
        await StartAllAsync(lab);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();

        Assert.Equal("kernel device", (await lab.Agents[0].StatusAsync()).GetProperty("networks")[0].GetProperty("dataPath").GetString());
        Assert.Equal("userspace device", (await lab.Agents[2].StatusAsync()).GetProperty("networks")[0].GetProperty("dataPath").GetString());
        foreach (var from in workloads)
        {
            foreach (var to in workloads.Where(to => to != from))
            {
                await WaitForPingAsync(from, to, () => lab.Agents[0].Process.Output);
                await AssertMtuAsync(from, AddressesOf(to).First(), 1440);
            }
        }
    }

    [Fact]
    public async Task Restart_UnderTraffic_LosesNothingAndKeepsThePeers()
    {
        await using var lab = CreateKernelLab(2);
        await StartAllAsync(lab);
        var agent = lab.Agents[0];
        var workloads = lab.Agents.Select(each => each.AddWorkload()).ToArray();
        await WaitForPingAsync(workloads[0], workloads[1], () => agent.Process.Output);
        var before = await DeviceAsync(agent);
        var traffic = await StartTrafficAsync(workloads[0], workloads[1], perSecond: 50);

        await agent.KillAsync();
        await agent.StartReadyAsync(Cancellation, Patience);
        Assert.Equal(0, await agent.StopAsync());
        await agent.StartReadyAsync(Cancellation, Patience);

        AssertNothingLost(traffic);
        Assert.Equal(before, await DeviceAsync(agent));
        Assert.Contains("nothing would change", (await agent.PlanAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PeerRemovedOrChangedByOthers_IsPutBack()
    {
        await using var lab = CreateKernelLab(2);
        await StartAllAsync(lab);
        var agent = lab.Agents[0];
        var peer = await PublicKeyAsync(lab.Agents[1]);
        var before = await DeviceAsync(agent);

        foreach (var change in new[] { $"peer {peer} remove", $"peer {peer} allowed-ips 0.0.0.0/0", $"peer {peer} endpoint 198.51.100.1:1", "listen-port 7777", "peer xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg= allowed-ips 0.0.0.0/0" })
        {
            await agent.RunAsync($"wg set flannel-wg {change}");
            await WaitForDeviceAsync(agent, before, change);
        }
    }

    [Fact]
    public async Task DeviceDeleted_IsMadeAnewWithItsPeers()
    {
        await using var lab = CreateKernelLab(2);
        await StartAllAsync(lab);
        var agent = lab.Agents[0];
        var workloads = lab.Agents.Select(each => each.AddWorkload()).ToArray();
        await WaitForPingAsync(workloads[0], workloads[1], () => agent.Process.Output);
        var before = await DeviceAsync(agent);

        await agent.RunAsync("ip link delete flannel-wg");

        await WaitForDeviceAsync(agent, before, "delete");
        await WaitForPingAsync(workloads[0], workloads[1], () => agent.Process.Output);
    }

    [Fact]
    public async Task PeerLeavesWhileAgentIsDown_IsRemovedAtStart()
    {
        await using var lab = CreateKernelLab(3);
        await StartAllAsync(lab);
        var agent = lab.Agents[0];
        await agent.KillAsync();
        Assert.Equal(0, (await lab.Agents[2].ControlAsync("leave")).Status);

        await agent.StartReadyAsync(Cancellation, Patience);

        Assert.Equal([await PublicKeyAsync(lab.Agents[1])], (await agent.RunAsync("wg show flannel-wg peers")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Cleanup_AfterKill_RemovesDeviceAndGuard()
    {
        await using var lab = CreateKernelLab(1);
        await StartAllAsync(lab);
        var agent = lab.Agents[0];
        await agent.KillAsync();
        Assert.Contains("flannel-wg", await agent.RunAsync("ip -brief link show"), StringComparison.Ordinal);

        var cleanup = await agent.CleanupAsync();

        Assert.True(cleanup.Status == 0, cleanup.Text);
        Assert.Contains("removed link flannel-wg", cleanup.Text, StringComparison.Ordinal);
        Assert.Contains("removed route unreachable 10.244.0.0/16", cleanup.Text, StringComparison.Ordinal);
        Assert.Equal("", (await agent.RunAsync("ip route show proto 111")).Trim());
        Assert.DoesNotContain("flannel", await agent.RunAsync("ip -brief link show"), StringComparison.Ordinal);
    }

    private static AgentLab CreateKernelLab(int hosts)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        Assert.SkipUnless(KernelDevice.IsSupported(), "this kernel has no wireguard module");
        var lab = CreateLab(hosts);
        lab.Configure(Configuration(AddressFamilies.IPv4), "--iptables-forward-rules=false");
        return lab;
    }

    private static async Task StartAllAsync(AgentLab lab) => await Task.WhenAll(lab.Agents.Select(agent => agent.StartReadyAsync(Cancellation, Patience)));

    // Without what traffic changes.
    private static async Task<string> DeviceAsync(AgentHost agent) => string.Join(
        '\n',
        (await agent.RunAsync("ip -o link show flannel-wg")).Split(" qdisc ")[0].Split(':', 2)[1],
        await agent.RunAsync("wg show flannel-wg listen-port"),
        await agent.RunAsync("wg show flannel-wg allowed-ips"),
        await agent.RunAsync("wg show flannel-wg endpoints"),
        await agent.RunAsync("ip route show proto 111"));

    private static async Task WaitForDeviceAsync(AgentHost agent, string expected, string change)
    {
        var found = "";
        await Deadline.UntilAsync(
            () => (found = TryDeviceAsync(agent).GetAwaiter().GetResult()) == expected,
            () => $"after {change}: expected\n{expected}\nfound\n{found}\n{agent.Process.Output}",
            Cancellation,
            seconds: Patience,
            everyMilliseconds: 100);
    }

    private static async Task<string> TryDeviceAsync(AgentHost agent)
    {
        try
        {
            return await DeviceAsync(agent);
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message;
        }
    }
}
