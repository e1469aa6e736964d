using System.Text;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Traffic;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>Nobody on the way hears what workloads say: not while nodes start and stop, not when a device is deleted, not after a node has left.</summary>
public sealed class WireGuardSecrecyTests : WireGuardTest
{
    [Fact]
    public async Task NodesStartStopBreakAndLeave_NothingIsHeardInClear()
    {
        await using var lab = CreateLab(3);
        lab.Configure(Configuration(Core.Addressing.AddressFamilies.IPv4), "--ip-masq");
        await using var tap = await WireTap.StartAsync(lab.Topology);
        await lab.Agents[0].StartReadyAsync(Cancellation);
        await lab.Agents[1].StartReadyAsync(Cancellation);
        var (first, second) = (lab.Agents[0].AddWorkload(), lab.Agents[1].AddWorkload());
        await using var there = Whisper(first, second);
        await using var back = Whisper(second, first);
        await WaitForPingAsync(first, second, () => lab.Agents[0].Process.Output);

        // A node comes.
        await lab.Agents[2].StartReadyAsync(Cancellation);
        var third = lab.Agents[2].AddWorkload();
        await using var late = Whisper(third, first);
        await using var toLate = Whisper(first, third);
        await WaitForPingAsync(first, third, () => lab.Agents[0].Process.Output);

        // The device goes.
        await lab.Agents[0].RunAsync("ip link delete flannel-wg");
        await WaitForPingAsync(first, second, () => lab.Agents[0].Process.Output);

        // An agent goes, with all that it carries, and comes back.
        await lab.Agents[1].KillAsync();
        await lab.Agents[1].StartReadyAsync(Cancellation);
        await WaitForPingAsync(first, second, () => lab.Agents[1].Process.Output);
        Assert.Equal(0, await lab.Agents[1].StopAsync());
        await lab.Agents[1].StartReadyAsync(Cancellation);
        await WaitForPingAsync(first, second, () => lab.Agents[1].Process.Output);

        // A node leaves for good; its workload does not know.
        var left = await lab.Agents[2].ControlAsync("leave");
        Assert.True(left.Status == 0, left.Text);
        Assert.Contains("kept unreachable 10.244.0.0/16", left.Text, StringComparison.Ordinal);
        await WaitForPingAsync(first, second, () => lab.Agents[0].Process.Output);

        // What the listener would have heard, he heard.
        await lab.Agents[0].RunAsync($"ping -c 1 -W 2 -q -p {Convert.ToHexString("listener-listens"u8)} 192.0.2.2");
        await Deadline.UntilAsync(() => tap.Heard("listener-listens"u8), () => "the listener hears nothing", Cancellation, everyMilliseconds: 100);
        await tap.StopAsync();
        Assert.NotEmpty(await tap.PacketsAsync("udp port 51820"));
        Assert.False(tap.Heard(Encoding.ASCII.GetBytes(Secret)), "what workloads say was on the wire");
        Assert.Empty(await tap.PacketsAsync("net 10.244.0.0/16"));
    }

    [Fact]
    public async Task Leave_ThenCleanup_RemovesTheGuardToo()
    {
        var (lab, _) = await StartAsync(2);
        await using var __ = lab;
        var leaver = lab.Agents[1];

        var left = await leaver.ControlAsync("leave");
        await leaver.Process.WaitForExitAsync(TimeSpan.FromSeconds(20));

        Assert.True(left.Status == 0, left.Text);
        Assert.Equal("unreachable 10.244.0.0/16 metric 4294967295", (await leaver.RunAsync("ip route show proto 111")).Trim());
        Assert.DoesNotContain("flannel", await leaver.RunAsync("ip -brief link show"), StringComparison.Ordinal);

        var cleanup = await leaver.CleanupAsync();
        Assert.True(cleanup.Status == 0, cleanup.Text);
        Assert.Contains("removed route unreachable 10.244.0.0/16", cleanup.Text, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync(leaver);
    }

    [Fact]
    public async Task LeaveWithoutAgent_KeepsTheGuard_CleanupRemovesIt()
    {
        var (lab, _) = await StartAsync(1);
        await using var __ = lab;
        var agent = lab.Agents[0];
        await agent.KillAsync();

        var left = await agent.RunOfflineAsync("leave");

        Assert.True(left.Status == 0, left.Text);
        Assert.Contains("kept unreachable 10.244.0.0/16", left.Text, StringComparison.Ordinal);
        Assert.Equal("unreachable 10.244.0.0/16 metric 4294967295", (await agent.RunAsync("ip route show proto 111")).Trim());
        Assert.Equal(0, (await agent.CleanupAsync("--purge")).Status);
        await AssertNothingIsLeftAsync(agent);
        Assert.False(File.Exists(Path.Combine(agent.Folder, "state", "wgkey")));
    }
}
