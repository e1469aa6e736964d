using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>The MTU between the nodes changes, and workloads that run follow.</summary>
public sealed class WorkloadMtuTests : SystemTest
{
    [Fact]
    public async Task Underlay_OtherMtu_RunningWorkloadsFollowWithoutLoss()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan);
        await lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();
        await WaitForPingAsync(workloads, 1450);
        var traffic = await StartTrafficAsync(workloads[0], workloads[1]);

        foreach (var (underlay, overlay) in ((int, int)[])[(1400, 1350), (1500, 1450)])
        {
            foreach (var agent in lab.Agents)
            {
                await agent.RunAsync($"ip link set eth0 mtu {underlay}");
            }

            await WaitForMtuAsync(lab, workloads, overlay);
            await WaitForPingAsync(workloads, overlay);
            Assert.NotEqual(0, (await PingAsync(workloads[0], workloads[1].Addresses.IPv4!, overlay - 28 + 1)).Status);
        }

        AssertNothingLost(traffic);
    }

    [Fact]
    public async Task Underlay_OtherMtuWhileTheAgentIsDown_TheNextOneLetsWorkloadsFollow()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan);
        await lab.StartAllAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();

        foreach (var agent in lab.Agents)
        {
            await agent.KillAsync();
            await agent.RunAsync("ip link set eth0 mtu 1400");
        }

        await lab.StartAllAsync(Cancellation);

        await WaitForMtuAsync(lab, workloads, 1350);
        await WaitForPingAsync(workloads, 1350);
    }

    [Fact]
    public async Task Underlay_OtherMtuAndSwitchedOff_OnlyTheFileFollows()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan, "--workload-mtu-follow=false");
        await lab.StartAllAsync(Cancellation);
        var workload = lab.Agents[0].AddWorkload();

        await lab.Agents[0].RunAsync("ip link set eth0 mtu 1400");
        await Deadline.UntilAsync(() => lab.Agents[0].SubnetValue("FLANNEL_MTU") == "1350", () => lab.Agents[0].Process.Output, Cancellation);

        Assert.Contains("mtu 1450", await Tool.RunAsync(workload.Name, "ip link show eth0"), StringComparison.Ordinal);
    }

    private static Task<TimeSpan> WaitForMtuAsync(AgentLab lab, TestWorkload[] workloads, int mtu) => Deadline.UntilAsync(
        () => workloads.All(workload => Tool.RunAsync(workload.Name, "ip link show eth0").GetAwaiter().GetResult().Contains($"mtu {mtu} ", StringComparison.Ordinal))
            && lab.Agents.All(agent => agent.SubnetValue("FLANNEL_MTU") == $"{mtu}" && agent.RunAsync("ip link show cni0").GetAwaiter().GetResult().Contains($"mtu {mtu} ", StringComparison.Ordinal)),
        () => string.Join('\n', lab.Agents.Select(agent => agent.Process.Output)),
        Cancellation,
        seconds: 60,
        everyMilliseconds: 50);

    // A host may have learnt the former path's MTU, and forgets it when the route changes; the peer's device may follow a moment later.
    private static Task<TimeSpan> WaitForPingAsync(TestWorkload[] workloads, int mtu)
    {
        var text = "";
        return Deadline.UntilAsync(
            () =>
            {
                var answer = PingAsync(workloads[0], workloads[1].Addresses.IPv4!, mtu - 28).GetAwaiter().GetResult();
                text = answer.Text;
                return answer.Status == 0;
            },
            () => text,
            Cancellation,
            seconds: 60,
            everyMilliseconds: 50);
    }
}
