using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Traffic;
using static Overlay.Benchmarks.Scenarios.Figures;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>kill -9 and start again, under traffic.</summary>
internal static class RestartScenario
{
    private const int Rounds = 20;

    public static async Task<Outcome> RunAsync()
    {
        await using var lab = new AgentLab(new TestTopologyOptions { Hosts = 2 });
        lab.Configure(VxlanPeers.Configuration, "--ip-masq");
        await lab.StartAllAsync(CancellationToken.None);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();
        using var there = TrafficProbe.Start(workloads[0].Namespace, workloads[1].Namespace, workloads[1].Addresses.IPv4!);
        using var back = TrafficProbe.Start(workloads[1].Namespace, workloads[0].Namespace, workloads[0].Addresses.IPv4!);
        await there.WaitForTrafficAsync(TimeSpan.FromSeconds(10));
        await back.WaitForTrafficAsync(TimeSpan.FromSeconds(10));

        var starts = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            await lab.Agents[0].KillAsync();
            starts.Add((await lab.Agents[0].StartReadyAsync(CancellationToken.None)).TotalMilliseconds);
        }

        var (sent, received) = (there.Stop(), back.Stop());
        return new Outcome(
            $"""
            Two hosts, a workload on each, 1,000 packets a second in each direction; overlayd of one host is killed with SIGKILL and started again {Rounds} times.

            | direction | sent | lost | duplicated |
            |---|---:|---:|---:|
            | out of the restarted host | {sent.Sent} | {sent.Lost} | {sent.Duplicated} |
            | into it | {received.Sent} | {received.Lost} | {received.Duplicated} |

            Ready again after {Milliseconds(Median(starts))} (median), {Milliseconds(starts.Max())} (most).
            """,
            [new Claim($"packets lost in {Rounds} restarts", sent.Lost + received.Lost, 0, "packets")]);
    }
}
