using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Diagnostics;
using Overlay.Kubernetes.Access;

namespace Overlay.Kubernetes.Tests;

/// <summary>How long an agent waits before it asks again.</summary>
public sealed class PatienceTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    [Fact]
    public async Task Outlive_ServerIsAwayForLong_IsAskedAgainWithinASecond()
    {
        var patience = Create();
        for (var failure = 0; failure < 20; failure++)
        {
            var wait = patience.OutliveAsync("watch", new KubernetesException("it does not answer"), TestContext.Current.CancellationToken);
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            Assert.False(wait.IsCompleted, "It must not be asked without a pause.");

            _clock.Advance(TimeSpan.FromMilliseconds(900));
            await wait.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        }
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(3600, 10)]
    public async Task Outlive_ServerAsksForTime_GetsItWithinLimits(int asked, int waited)
    {
        var wait = Create().OutliveAsync("list", new KubernetesException("too many requests") { RetryAfter = TimeSpan.FromSeconds(asked) }, TestContext.Current.CancellationToken);

        _clock.Advance(TimeSpan.FromSeconds(waited) - TimeSpan.FromMilliseconds(1));
        Assert.False(wait.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await wait.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    public void Dispose() => _services.Dispose();

    private Patience Create() => new(_clock, new Random(1), new OverlayMetrics(_services.GetRequiredService<IMeterFactory>()), NullLogger<Patience>.Instance);
}
