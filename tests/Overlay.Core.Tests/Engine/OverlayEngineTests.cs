using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Engine;
using Overlay.Core.Leases;
using Xunit;

namespace Overlay.Core.Tests.Engine;

public class OverlayEngineTests
{
    [Fact]
    public async Task RunAsync_FirstStart_GoesInTheOrderOfTheDesign()
    {
        await using var harness = new EngineHarness();

        await harness.StartReadyAsync();

        var steps = harness.Journal.Lines.Where(line => line is not ("watch" or "keep 10.244.1.0-24 v1")).ToList();
        Assert.Equal(["prepare", "read own", "select underlay", "open", "acquire, preferred ", "activate 10.244.1.0-24"], steps[..6]);
        Assert.Equal(["commit", "fake: snapshot [10.244.2.0-24]", "firewall iptables"], steps[6..].Order());
        Assert.Equal("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=false\n", harness.SubnetFile);
        Assert.True(harness.Engine.ReadStatus().IsReady);
    }

    [Fact]
    public async Task RunAsync_Stopped_LeavesTheDataPathStanding()
    {
        await using var harness = new EngineHarness();
        await harness.StartReadyAsync();

        Assert.Equal(EngineEnd.Stopped, await harness.StopAsync());

        Assert.Equal("let go of network", harness.Journal.Lines[^1]);
        Assert.DoesNotContain(harness.Journal.Lines, line => line.StartsWith("re", StringComparison.Ordinal) && line != "read own");
        Assert.True(File.Exists(harness.Options.SubnetFile));
    }

    [Fact]
    public async Task RunAsync_StartedAgain_AsksForTheSubnetOfTheFileAndCommitsOnlyWithAllPeers()
    {
        await using var harness = new EngineHarness();
        Directory.CreateDirectory(Path.GetDirectoryName(harness.Options.SubnetFile)!);
        File.WriteAllText(harness.Options.SubnetFile, "FLANNEL_SUBNET=10.244.7.1/24\nFLANNEL_MTU=1450\n");
        harness.Start();
        await harness.Journal.WaitForAsync("watch");

        Assert.DoesNotContain("commit", harness.Journal.Lines);
        Assert.Equal(new SubnetPair(IPNetwork.Parse("10.244.7.0/24"), null), harness.Leases.Request!.Preferred);

        harness.Leases.Send(Samples.Snapshot(Samples.Own));
        await harness.Journal.WaitForAsync("commit");
    }

    [Fact]
    public async Task RunAsync_MistakesInTheConfiguration_TouchesNothing()
    {
        await using var harness = new EngineHarness();
        harness.Leases.Mistakes = new ConfigurationException([new ConfigurationMistake("net-conf.json: SubnetLen", "99", "less than 31")]);
        harness.Start();

        var failure = await Assert.ThrowsAsync<ConfigurationException>(() => harness.Running);

        Assert.Contains("SubnetLen: found 99", failure.Message, StringComparison.Ordinal);
        Assert.Empty(harness.Journal.Lines);
        Assert.False(Directory.Exists(Path.GetDirectoryName(harness.Options.SubnetFile)));
    }

    [Fact]
    public async Task RunAsync_UnknownBackend_NamesTheKnownOnes()
    {
        await using var harness = new EngineHarness();
        harness.Leases.Configuration = Samples.Configuration with { Backend = new BackendConfiguration("udp", "{}") };
        harness.Start();

        var failure = await Assert.ThrowsAsync<ConfigurationException>(() => harness.Running);

        Assert.Equal("Backend.Type: found \"udp\", allowed is one of fake", failure.Message);
    }

    [Fact]
    public async Task RunAsync_PreparationRefuses_TakesNoLease()
    {
        await using var harness = new EngineHarness();
        harness.Node.PreparationFailure = new OverlayException("another agent runs this network");
        harness.Start();

        await Assert.ThrowsAsync<OverlayException>(() => harness.Running);

        Assert.Equal(["prepare"], harness.Journal.Lines);
    }

    [Fact]
    public async Task RunAsync_SubnetFolderCannotBeMade_TakesNoLease()
    {
        await using var harness = new EngineHarness();
        var file = Path.GetDirectoryName(harness.Options.SubnetFile)!;
        File.WriteAllText(file, "not a folder");
        harness.Start();

        var failure = await Assert.ThrowsAsync<OverlayException>(() => harness.Running);

        Assert.StartsWith($"Cannot write the subnet file {harness.Options.SubnetFile}: ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["prepare"], harness.Journal.Lines);
    }

    [Fact]
    public async Task RunAsync_NetworkHasAFaultAtStart_TakesNoLease()
    {
        await using var harness = new EngineHarness();
        harness.Network.Facts.Update(facts => facts with { Fault = "VNI 1 is taken by vx0" });
        harness.Start();

        Assert.Equal("VNI 1 is taken by vx0", (await Assert.ThrowsAsync<OverlayException>(() => harness.Running)).Message);

        Assert.DoesNotContain(harness.Journal.Lines, line => line.StartsWith("acquire", StringComparison.Ordinal));
        Assert.Equal("let go of network", harness.Journal.Lines[^1]);
    }

    [Fact]
    public async Task RunAsync_FirstStartFailsAfterTheLease_GivesTheLeaseBack()
    {
        await using var harness = new EngineHarness();
        harness.Network.Failure = new OverlayException("no device for you");
        harness.Start();

        Assert.Equal("no device for you", (await Assert.ThrowsAsync<OverlayException>(() => harness.Running)).Message);

        Assert.Contains("release 10.244.1.0-24", harness.Journal.Lines);
        Assert.Contains("remove network", harness.Journal.Lines);
    }

    [Fact]
    public async Task RunAsync_LaterStartFailsAfterTheLease_KeepsLeaseAndDataPath()
    {
        await using var harness = new EngineHarness();
        harness.Leases.Own = new OwnRecord { Lease = Samples.Own };
        harness.Network.Failure = new OverlayException("no device for you");
        harness.Start();

        await Assert.ThrowsAsync<OverlayException>(() => harness.Running);

        Assert.DoesNotContain("release 10.244.1.0-24", harness.Journal.Lines);
        Assert.DoesNotContain("remove network", harness.Journal.Lines);
        Assert.Equal(Samples.Own, harness.Network.Context!.Own!.Lease);
    }

    [Fact]
    public async Task RunAsync_AddressesWrittenByTheAdministrator_ReplaceTheOptions()
    {
        await using var harness = new EngineHarness();
        harness.Options.Underlay = new UnderlaySelection { PublicAddresses = new AddressPair(IPAddress.Parse("1.1.1.1"), IPAddress.Parse("2001:db8::1")) };
        harness.Leases.Own = new OwnRecord { PublicAddressOverrides = new AddressPair(IPAddress.Parse("9.9.9.9"), null) };

        await harness.StartReadyAsync();

        Assert.Equal("9.9.9.9, 2001:db8::1", harness.Node.Selection!.PublicAddresses.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public async Task RunAsync_EndedAfterAnyStep_TakesNothingAwayAndTheNextRunIsWhole(int step)
    {
        await using var first = new EngineHarness();
        first.Journal.OnLine = count =>
        {
            if (count == step)
            {
                first.Cancel();
            }
        };
        first.Leases.Send(Samples.Snapshot(Samples.Own, Samples.Node(2)));
        first.Start();

        Assert.Equal(EngineEnd.Stopped, await first.Running.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.DoesNotContain(first.Journal.Lines, line => line.StartsWith("release", StringComparison.Ordinal) || line.StartsWith("remove", StringComparison.Ordinal));

        await using var second = new EngineHarness();
        second.Leases.Own = new OwnRecord { Lease = Samples.Own };
        await second.StartReadyAsync();
        Assert.Contains("fake: snapshot [10.244.2.0-24]", second.Journal.Lines);
    }
}
