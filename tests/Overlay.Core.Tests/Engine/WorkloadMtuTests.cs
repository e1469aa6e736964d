using Overlay.Core.Backends;
using Xunit;

namespace Overlay.Core.Tests.Engine;

/// <summary>Attached workloads hear of another MTU before the subnet file tells new ones.</summary>
public class WorkloadMtuTests
{
    [Theory]
    [InlineData(1450, 1400, 1450, 1400)]
    [InlineData(1450, 1400, 1280, null)]
    [InlineData(1400, 1450, 1400, 1450)]
    [InlineData(1400, 1450, 1300, null)]
    [InlineData(1400, 1450, 1500, 1450)]
    [InlineData(null, 1450, 1400, null)]
    public void Correct_Found_LowersAndGrowsButLeavesWhatSomebodyChose(int? former, int mtu, int found, int? expected) =>
        Assert.Equal(expected, new WorkloadMtu(default, mtu, former).Correct(found));

    [Fact]
    public async Task Start_NoFile_NothingIsKnownOfBefore()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();

        Assert.Equal([$"none -> 1450 in {Samples.Own.Subnets}, file: "], harness.Workloads.Asked);
    }

    [Fact]
    public async Task Start_FileOfAnEarlierRun_ItsMtuIsTheFormer()
    {
        await using var harness = new EngineHarness();
        Directory.CreateDirectory(Path.GetDirectoryName(harness.Options.SubnetFile)!);
        await File.WriteAllTextAsync(harness.Options.SubnetFile, "FLANNEL_MTU=1400\n", TestContext.Current.CancellationToken);
        await harness.StartReadyAsync();

        Assert.Equal([$"1400 -> 1450 in {Samples.Own.Subnets}, file: 1400"], harness.Workloads.Asked);
    }

    [Fact]
    public async Task Facts_OtherMtu_WorkloadsFollowBeforeTheFile()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();

        harness.Network.Facts.Update(facts => facts with { Mtu = 1350 });
        await WaitForFileAsync(harness, "FLANNEL_MTU=1350");

        Assert.Equal($"1450 -> 1350 in {Samples.Own.Subnets}, file: 1450", harness.Workloads.Asked[^1]);
    }

    [Fact]
    public async Task Facts_OtherMtuAndSwitchedOff_NobodyIsAsked()
    {
        await using var harness = new EngineHarness();
        harness.Options.FollowWorkloadMtu = false;
        await harness.StartReadyAsync();

        harness.Network.Facts.Update(facts => facts with { Mtu = 1350 });
        await WaitForFileAsync(harness, "FLANNEL_MTU=1350");

        Assert.Empty(harness.Workloads.Asked);
    }

    private static async Task WaitForFileAsync(EngineHarness harness, string text)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!harness.SubnetFile.Contains(text, StringComparison.Ordinal))
        {
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }
}
