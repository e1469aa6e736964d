using CsCheck;
using Overlay.Core.Backends;
using Overlay.Linux.Workloads;
using Xunit;

namespace Overlay.Linux.Tests.Workloads;

/// <summary>The order of changes as text, and that no order loses a packet without a word.</summary>
public sealed class MtuPlanTests
{
    private static readonly int[] _sizes = [1280, 1400, 1450];
    private static readonly (int Former, int Mtu)[] _changes = [(1450, 1400), (1400, 1450), (1500, 1280)];

    [Fact]
    public void Steps_Lower_FromTheBridgeToTheHostsEnd() => Assert.Equal(
        ["Bridge cni0 1450 -> 1400", "Inside veth1 1450 -> 1400", "HostEnd veth1 1450 -> 1400", "Inside veth2 1450 -> 1400", "HostEnd veth2 1450 -> 1400"],
        Plan(1450, 1400, 1450, (1450, 1450, true), (1450, 1450, true)));

    [Fact]
    public void Steps_Raise_FromTheHostsEndToTheBridge() => Assert.Equal(
        ["HostEnd veth1 1400 -> 1450", "Inside veth1 1400 -> 1450", "Bridge cni0 1400 -> 1450"],
        Plan(1400, 1450, 1400, (1400, 1400, true)));

    [Fact]
    public void Steps_LowerUnreachable_HostsEndStaysSoThatTheHostCanAnswer() => Assert.Equal(
        ["Bridge cni0 1450 -> 1400"],
        Plan(1450, 1400, 1450, (1450, 1450, false)));

    [Fact]
    public void Steps_RaiseUnreachable_BridgeDoesNotGrowBeyondIt() => Assert.Equal(
        ["HostEnd veth1 1400 -> 1450", "HostEnd veth2 1400 -> 1450", "Inside veth2 1400 -> 1450"],
        Plan(1400, 1450, 1400, (1400, 1400, false), (1400, 1400, true)));

    [Fact]
    public void Steps_ChosenSmaller_Stays() => Assert.Equal(
        ["HostEnd veth2 1400 -> 1450", "Inside veth2 1400 -> 1450"],
        Plan(1400, 1450, 1300, (1280, 1280, true), (1400, 1400, true)));

    [Fact]
    public void Steps_HalfDoneByAnAgentThatWasKilled_DoesTheRest() => Assert.Equal(
        ["HostEnd veth1 1450 -> 1400", "Inside veth2 1450 -> 1400", "HostEnd veth2 1450 -> 1400"],
        Plan(1450, 1400, 1400, (1450, 1400, true), (1450, 1450, true)));

    [Fact]
    public void Steps_EverythingAsItShouldBe_None() => Assert.Empty(Plan(1450, 1400, 1400, (1400, 1400, true)));

    [Fact]
    public void Steps_AnyNodeThatTellsEveryPacket_StillDoesAfterEachStep()
    {
        var workload = Gen.Select(Gen.Int[0, 2], Gen.Bool, Gen.Bool, (size, more, isReachable) => (Host: _sizes[size] + (more ? 50 : 0), Inside: _sizes[size], IsReachable: isReachable));
        Gen.Select(workload.Array[0, 5], Gen.Int[0, 2]).Sample((workloads, which) =>
        {
            var change = _changes[which];
            var bridge = workloads.Select(entry => entry.Inside).Append(change.Former).Min();
            var (inside, host) = (workloads.Select(entry => entry.Inside).ToArray(), workloads.Select(entry => entry.Host).ToArray());
            foreach (var step in Steps(change.Former, change.Mtu, bridge, workloads))
            {
                switch (step.Place)
                {
                    case MtuPlace.Bridge:
                        bridge = step.To;
                        break;
                    case MtuPlace.Inside:
                        Assert.True(workloads[step.Index].IsReachable);
                        inside[step.Index] = step.To;
                        break;
                    default:
                        host[step.Index] = step.To;
                        break;
                }

                for (var i = 0; i < workloads.Length; i++)
                {
                    Assert.True(bridge <= inside[i], $"after {step} the bridge sends {bridge} to a workload that takes {inside[i]}");
                    Assert.True(inside[i] <= host[i], $"after {step} a workload sends {inside[i]} and its host's end takes {host[i]}");
                }
            }
        });
    }

    private static string[] Plan(int former, int mtu, int bridge, params (int Host, int Inside, bool IsReachable)[] workloads) =>
        [.. Steps(former, mtu, bridge, workloads).Select(step => step.ToString())];

    private static IEnumerable<MtuStep> Steps(int former, int mtu, int bridge, (int Host, int Inside, bool IsReachable)[] workloads) => MtuPlan.Steps(
        new WorkloadMtu(default, mtu, former),
        [new WorkloadBridge(100, "cni0", bridge)],
        [.. workloads.Select((entry, i) => new Workload(i, $"veth{i + 1}", entry.Host, 100, i, i, entry.Inside) { IsReachable = entry.IsReachable })]);
}
