using Overlay.TestKit.Processes;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>Every sample runs, as its user would run it, and leaves nothing behind.</summary>
[Trait("Speed", "slow")]
public sealed class SampleTests : SystemTest
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(4);

    [Theory]
    [InlineData("quickstart")]
    [InlineData("quickstart --dual")]
    [InlineData("quickstart --ipv6")]
    [InlineData("containers")]
    [InlineData("vxlan")]
    [InlineData("host-gw")]
    [InlineData("wireguard")]
    [InlineData("wireguard --dual")]
    [InlineData("wireguard-tunnel")]
    [InlineData("custom-agent")]
    [InlineData("custom-backend")]
    [InlineData("custom-store")]
    [InlineData("etcd")]
    public async Task Sample_Runs_AndLeavesNothingBehind(string name)
    {
        await using var sample = Start(name);
        await sample.WaitForExitAsync(_limit);

        Assert.True(sample.ExitCode == 0, sample.Output);
        AssertNothingIsLeft(sample);
    }

    [Fact]
    public async Task QuickStart_Interrupted_LeavesNothingBehind()
    {
        await using var sample = Start("quickstart");
        await sample.WaitForLineAsync("4. A workload on each", _limit);

        sample.Send(2);
        await sample.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(130, sample.ExitCode);
        AssertNothingIsLeft(sample);
    }

    private static ChildProcess Start(string name)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        // A shell cannot trap what it was told to ignore, and a test run in the background was told to ignore SIGINT.
        return ChildProcess.Start(null, "env", ["--default-signal=INT", Path.Combine(FindRoot(), "samples/run"), .. name.Split(' ')]);
    }

    // What a sample makes carries its process id.
    private static void AssertNothingIsLeft(ChildProcess sample)
    {
        Assert.Empty(Directory.EnumerateFileSystemEntries("/run/netns", $"ovqs-{sample.Id}-*"));
        Assert.Empty(Directory.EnumerateFileSystemEntries("/tmp", $"ovqs-{sample.Id}-*"));
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Overlay.Core.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("There is no Overlay.Core.sln above the tests.");
        }

        return folder;
    }
}
