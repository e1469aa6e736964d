using System.Threading.Channels;
using Overlay.Core.Engine;
using Xunit;

namespace Overlay.Core.Tests.Engine;

public class NodeHealthTests
{
    [Fact]
    public async Task Report_OnceReadyAndAtEachChangeOfTheFault()
    {
        var sink = new Sink();
        await using var harness = new EngineHarness { HealthSinks = [sink] };
        Assert.Equal(0, sink.Waiting);

        await harness.StartReadyAsync();
        Assert.Equal("works", await sink.NextAsync());
        harness.Network.Facts.Update(facts => facts with { Fault = "eth0 is down" });
        Assert.Equal("eth0 is down", await sink.NextAsync());
        harness.Network.Facts.Update(facts => facts with { Mtu = facts.Mtu - 1 });
        harness.Network.Facts.Update(facts => facts with { Fault = null });
        Assert.Equal("works", await sink.NextAsync());
    }

    private sealed class Sink : INodeHealthSink
    {
        private readonly Channel<string> _reports = Channel.CreateUnbounded<string>();

        public int Waiting => _reports.Reader.Count;

        public void Report(string? fault) => _reports.Writer.TryWrite(fault ?? "works");

        public async Task<string> NextAsync() => await _reports.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }
}
