using System.Collections.Concurrent;
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
        Assert.Empty(sink.Reports);

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
        private readonly SemaphoreSlim _there = new(0);

        public ConcurrentQueue<string> Reports { get; } = [];

        public void Report(string? fault)
        {
            Reports.Enqueue(fault ?? "works");
            _there.Release();
        }

        public async Task<string> NextAsync()
        {
            Assert.True(await _there.WaitAsync(TimeSpan.FromSeconds(30)));
            return Reports.TryDequeue(out var report) ? report : "";
        }
    }
}
