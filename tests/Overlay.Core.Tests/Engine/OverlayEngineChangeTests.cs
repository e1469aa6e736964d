using Microsoft.Extensions.Logging;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Engine;
using Overlay.Core.Leases;
using Xunit;

namespace Overlay.Core.Tests.Engine;

/// <summary>What happens to a running agent.</summary>
public class OverlayEngineChangeTests
{
    [Fact]
    public async Task Watch_ChangesAndRepeats_AreOneCommitEachWithoutTheOwnLease()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();

        harness.Leases.Send(Samples.Written(Samples.Own, Samples.Node(3), Samples.Node(4)));
        await harness.Journal.WaitForAsync("fake: +10.244.3.0-24 +10.244.4.0-24");
        await harness.Journal.WaitForAsync("commit");
        harness.Leases.Send(Samples.Removed("10.244.3.0-24"));
        await harness.Journal.WaitForAsync("fake: -10.244.3.0-24");
        harness.Leases.Send(Samples.Removed("10.244.3.0-24"));
        harness.Leases.Send(Samples.Snapshot(Samples.Own, Samples.Node(4)));
        await harness.Journal.WaitForAsync("fake: snapshot [10.244.4.0-24]");

        Assert.Single(harness.Journal.Lines, line => line == "fake: -10.244.3.0-24");
    }

    [Fact]
    public async Task Watch_ChangesWhileTheKernelIsBusy_AreOneCommitAfterwards()
    {
        await using var harness = new EngineHarness();
        var (answer, before) = await StartBusyAsync(harness);

        harness.Leases.Send(Samples.Written(Samples.Node(4)));
        harness.Leases.Send(Samples.Removed("10.244.3.0-24"));
        harness.Leases.Send(Samples.Written(Samples.Node(5)));
        answer.SetResult();
        await harness.Journal.WaitForAsync("commit");

        Assert.Equal(["fake: +10.244.4.0-24", "fake: -10.244.3.0-24", "fake: +10.244.5.0-24", "commit"], harness.Journal.Lines.Skip(before));
    }

    [Fact]
    public async Task Watch_EndsBehindChangesThatWereNotCommitted_TheyAreCommittedFirst()
    {
        await using var harness = new EngineHarness();
        var (answer, before) = await StartBusyAsync(harness);

        harness.Leases.Send(Samples.Written(Samples.Node(4)));
        harness.Leases.Send(FakeLeases.Outage);
        answer.SetResult();
        await harness.Journal.WaitForAsync("commit");

        Assert.Equal(["fake: +10.244.4.0-24", "store does not answer", "commit"], harness.Journal.Lines.Skip(before));
    }

    [Fact]
    public async Task Watch_RenewalOfAPeer_IsNoWork()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();

        harness.Leases.Send(Samples.Written(Samples.Node(2) with { Version = new LeaseVersion("77"), Expires = DateTimeOffset.UnixEpoch }));
        harness.Leases.Send(Samples.Written(Samples.Node(2, data: "other")));
        await harness.Journal.WaitForAsync("fake: +10.244.2.0-24");

        Assert.Single(harness.Journal.Lines, line => line == "fake: +10.244.2.0-24");
    }

    [Fact]
    public async Task Watch_PeerOfAnotherBackend_IsRefusedWithTheReason()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();

        harness.Leases.Send(Samples.Written(Samples.Node(2, "host-gw")));
        await harness.Journal.WaitForAsync("fake: -10.244.2.0-24");
        await harness.Journal.WaitForAsync("commit");
        await WaitAsync(() => harness.Engine.ReadStatus().Refused.Count == 1);

        var refused = Assert.Single(harness.Engine.ReadStatus().Refused);
        Assert.Equal("10.244.2.0-24", refused.LeaseKey);
        Assert.Contains("'host-gw', and this node runs fake", refused.Reason, StringComparison.Ordinal);
        Assert.True(harness.Engine.ReadStatus().IsReady);
    }

    [Fact]
    public async Task Keep_LeaseLost_TakesTheSameSubnetWhileTrafficGoesOn()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();
        await harness.Journal.WaitForAsync("keep 10.244.1.0-24 v1");

        harness.Leases.End(LeaseEnd.Lost);
        await harness.Journal.WaitForAsync("acquire, preferred 10.244.1.0/24");
        await harness.Journal.WaitForAsync("keep 10.244.1.0-24 v2");

        Assert.DoesNotContain("remove network", harness.Journal.Lines);
        Assert.False(harness.Running.IsCompleted);
    }

    [Fact]
    public async Task Keep_LeaseLostAndSubnetGone_MovesToTheNewSubnet()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();
        harness.Leases.Next = Samples.Node(9);
        // Another node has taken the old subnet; the watch shows the new one before the agent knows that it is its own.
        harness.Leases.Send(Samples.Written(Samples.Own with { Attributes = Samples.Node(5).Attributes }, Samples.Node(9)));
        await harness.Journal.WaitForAsync("fake: +10.244.9.0-24");

        harness.Leases.End(LeaseEnd.Lost);
        await harness.Journal.WaitForAsync("activate 10.244.9.0-24");
        await harness.Journal.WaitForAsync("fake: snapshot [10.244.1.0-24 10.244.2.0-24]");
        await WaitAsync(() => harness.SubnetFile.Contains("FLANNEL_SUBNET=10.244.9.1/24", StringComparison.Ordinal));
        await WaitAsync(() => harness.Node.Rules!.OwnSubnets == Samples.Node(9).Subnets);
    }

    [Fact]
    public async Task Keep_TakenByAnother_StopsWithoutAFailure()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();

        harness.Leases.End(LeaseEnd.TakenByAnother);

        Assert.Equal(EngineEnd.LeaseTaken, await harness.Running.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Contains(harness.Logger.Collector.GetSnapshot(), entry => entry.Level == LogLevel.Error && entry.Message.Contains("Another node owns 10.244.1.0/24", StringComparison.Ordinal));
        Assert.DoesNotContain("remove network", harness.Journal.Lines);
    }

    [Fact]
    public async Task Facts_OtherAttributes_ArePublishedOverAnOutageOfTheStore()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();
        harness.Leases.Outages = 2;

        harness.Network.Facts.Update(facts => facts with { Attributes = facts.Attributes with { BackendData = "new MAC" } });
        await harness.Journal.WaitForAsync("store does not answer");
        await AdvanceUntilAsync(harness, () => harness.Journal.Lines.Any(line => line.StartsWith("update", StringComparison.Ordinal)));

        Assert.Contains("update 192.168.0.1 new MAC", harness.Journal.Lines);
        Assert.True(harness.Engine.ReadStatus().IsReady);
        Assert.DoesNotContain("remove network", harness.Journal.Lines);
    }

    [Fact]
    public async Task Facts_OtherMtu_RewritesTheSubnetFile()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();

        harness.Network.Facts.Update(facts => facts with { Mtu = 1350 });
        await WaitAsync(() => harness.SubnetFile.Contains("FLANNEL_MTU=1350", StringComparison.Ordinal));

        Assert.Equal(["subnet.env"], Directory.GetFiles(Path.GetDirectoryName(harness.Options.SubnetFile)!).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Watch_StoreOutage_StartsAgainAndStaysReady()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();
        harness.Leases.Outages = 1;

        harness.Leases.Send(Samples.Written(Samples.Node(3)));
        await harness.Journal.WaitForAsync("store does not answer");
        harness.Leases.Send(Samples.Snapshot(Samples.Own, Samples.Node(2), Samples.Node(3)));
        await AdvanceUntilAsync(harness, () => harness.Journal.Lines.Contains("fake: snapshot [10.244.2.0-24 10.244.3.0-24]"));

        Assert.True(harness.Engine.ReadStatus().IsReady);
    }

    [Fact]
    public async Task Firewall_ToolIsMissing_KeepsTheNodeNotReadyAndIsTriedAgain()
    {
        await using var harness = new EngineHarness();
        harness.Node.FirewallFailure = new OverlayException("nft is not installed");
        harness.Leases.Send(Samples.Snapshot(Samples.Own));
        harness.Start();
        await harness.Journal.WaitForAsync("firewall iptables");
        await WaitAsync(() => harness.Engine.ReadStatus().Conditions.Any(condition => condition is { Name: "firewall", IsMet: false, Detail: "nft is not installed" }));
        Assert.False(File.Exists(harness.Options.SubnetFile));

        harness.Node.FirewallFailure = null;
        await AdvanceUntilAsync(harness, () => harness.Engine.Ready.IsCompleted);

        Assert.True(File.Exists(harness.Options.SubnetFile));
    }

    [Fact]
    public async Task Peers_PendingAtStart_HoldReadinessBackButNotLater()
    {
        await using var harness = new EngineHarness();
        harness.Network.Status = new(1, 3, Pending: 1, [], []);
        harness.Leases.Send(Samples.Snapshot(Samples.Own, Samples.Node(2)));
        harness.Start();
        await WaitAsync(() => harness.Engine.ReadStatus().Conditions is { Count: > 0 } conditions && conditions.Count(condition => !condition.IsMet) == 1);
        Assert.Equal("3 entries, 1 pending, 0 failed, 0 peers refused", harness.Engine.ReadStatus().Conditions.Single(condition => !condition.IsMet).Detail);

        harness.Network.Status = new(1, 3, 0, [new("route", "no")], []);
        await AdvanceUntilAsync(harness, () => harness.Engine.Ready.IsCompleted);
        harness.Network.Status = new(1, 3, Pending: 3, [], []);

        Assert.True(harness.Engine.ReadStatus().IsReady);
    }

    [Fact]
    public async Task Network_SlowBackend_HoldsReadinessBackAndStopsAtOnce()
    {
        await using var harness = new EngineHarness();
        harness.Network.Pace = new TaskCompletionSource().Task;
        harness.Leases.Send(Samples.Snapshot(Samples.Own));
        harness.Start();
        await harness.Journal.WaitForAsync("fake: snapshot []");

        Assert.False(harness.Engine.ReadStatus().IsReady);
        Assert.Equal(EngineEnd.Stopped, await harness.StopAsync());
    }

    [Fact]
    public async Task Configuration_FirewallMode_AppliesLiveAndTheRestNeedsARestart()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();

        harness.Leases.Configure(Samples.Configuration with { EnableNFTables = true, Backend = new BackendConfiguration("host-gw", "{}") });
        await harness.Journal.WaitForAsync("firewall nftables");

        Assert.Equal("fake", harness.Engine.ReadStatus().Configuration!.Backend.Type);
        Assert.Contains(harness.Logger.Collector.GetSnapshot(), entry => entry.Message.StartsWith("Backend has changed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LeaveAsync_RunningAgent_ReleasesFirstAndRemovesEverything()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();

        var removed = (await harness.Engine.LeaveAsync(TestContext.Current.CancellationToken)).Removed;

        Assert.Equal(EngineEnd.Left, await harness.Running);
        Assert.Equal(["release 10.244.1.0-24", "remove network", "commit", "remove rules", "let go of network"], harness.Journal.Lines.TakeLast(5));
        Assert.Equal(["lease 10.244.1.0/24", "network fake: its links, addresses, neighbours, forwarding entries and routes", "rules", $"file {harness.Options.SubnetFile}"], removed);
        Assert.False(File.Exists(harness.Options.SubnetFile));
    }

    [Fact]
    public async Task LeaveAsync_GuardedNetwork_NamesWhatStays()
    {
        await using var harness = new EngineHarness();
        harness.Network.Guards = ["unreachable 10.244.0.0/16"];
        await harness.StartReadyAsync();

        var report = await harness.Engine.LeaveAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["unreachable 10.244.0.0/16"], report.Kept);
    }

    [Fact]
    public async Task LeaveAsync_NotRunning_IsRefused()
    {
        await using var harness = new EngineHarness();

        await Assert.ThrowsAsync<OverlayException>(() => harness.Engine.LeaveAsync(TestContext.Current.CancellationToken));
    }

    // The kernel is at work on the lease of node 3 until it answers; gives how many lines the journal has by then.
    private static async Task<(TaskCompletionSource Answer, int Lines)> StartBusyAsync(EngineHarness harness)
    {
        await harness.StartReadyAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        harness.Node.Answer = answer.Task;
        harness.Leases.Send(Samples.Written(Samples.Node(3)));
        await harness.Journal.WaitForAsync("fake: +10.244.3.0-24");
        await harness.Journal.WaitForAsync("commit");
        return (answer, harness.Journal.Lines.Count);
    }

    private static async Task WaitAsync(Func<bool> isMet)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (!isMet())
        {
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }

    private static Task AdvanceUntilAsync(EngineHarness harness, Func<bool> isMet) => WaitAsync(() =>
    {
        harness.Clock.Advance(TimeSpan.FromSeconds(1));
        return isMet();
    });
}
