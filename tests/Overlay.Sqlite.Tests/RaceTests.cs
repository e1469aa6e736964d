using Overlay.Sqlite.Tests.Worker;
using Xunit;

namespace Overlay.Sqlite.Tests;

public sealed class RaceTests : IDisposable
{
    /// <summary>One subnet for nodes.</summary>
    public const string Network = """{"Network":"10.5.0.0/24","SubnetLen":26,"SubnetMin":"10.5.0.64","SubnetMax":"10.5.0.64"}""";

    private const int Rounds = 1000;

    private readonly TemporaryStore _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Acquire_TwoProcessesAndOneSubnet_OneGetsItAndTheOtherSaysWhyNot()
    {
        using var left = new WorkerProcess("192.168.1.1", _files.Path);
        using var right = new WorkerProcess("192.168.1.2", _files.Path);
        Assert.Equal(("ready", "ready"), (await left.HearAsync(), await right.HearAsync()));
        var wins = new Dictionary<string, int> { ["left"] = 0, ["right"] = 0 };
        for (var round = 0; round < Rounds; round++)
        {
            await Task.WhenAll(left.TellAsync("acquire"), right.TellAsync("acquire"));
            var (fromLeft, fromRight) = (await left.HearAsync(), await right.HearAsync());

            var (winner, won, lost) = fromLeft!.StartsWith("got", StringComparison.Ordinal) ? ("left", fromLeft, fromRight!) : ("right", fromRight!, fromLeft);
            wins[winner]++;
            Assert.Equal("got 10.5.0.64-26", won);
            Assert.StartsWith("refused No subnet is free: network 10.5.0.0/24 has 1 subnets of /26 for nodes, and 1 are leased.", lost, StringComparison.Ordinal);
            await Task.WhenAll(left.TellAsync("release"), right.TellAsync("release"));
            Assert.Equal(("released", "released"), (await left.HearAsync(), await right.HearAsync()));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"left {wins["left"]}, right {wins["right"]}");
    }
}
