using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Diagnostics;
using Overlay.Core.Firewall;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

public sealed class RuleGuardTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TestMeterFactory _meters = new();
    private readonly Live<string> _fault = new("not yet");
    private readonly ScriptedKeeper _keeper = new();

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task Fight_IsBoundedAndAFault()
    {
        using var repairs = new MetricCollector<long>(_meters, OverlayMetrics.MeterName, "overlay.repairs");
        _keeper.IsBroken = () => true;
        await using var guard = Guard(new TimerWatch(_clock));

        var fault = await _fault.WaitForOtherThanAsync("not yet", TestContext.Current.CancellationToken);

        Assert.Equal("Another program keeps changing the firewall rules; they are put back in 3 s.", fault);
        Assert.Equal(20, repairs.GetMeasurementSnapshot().Count);
        _clock.Advance(TimeSpan.FromSeconds(3));
        await repairs.WaitForMeasurementsAsync(21, TimeSpan.FromSeconds(10));
        _keeper.IsBroken = () => false;
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("", await _fault.WaitForOtherThanAsync(fault, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Legacy_IsLookedAtEveryPeriod()
    {
        await using var guard = Guard(new TimerWatch(_clock));
        await _fault.WaitForOtherThanAsync("not yet", TestContext.Current.CancellationToken);
        Assert.Equal(1, _keeper.Looks);

        _keeper.IsBroken = () => _keeper.Repairs == 0;
        _clock.Advance(TimeSpan.FromSeconds(5));

        await _keeper.Repaired.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Failure_IsTriedAgainLaterEachTime()
    {
        var failures = 0;
        _keeper.IsBroken = () => throw new FirewallException($"failed {++failures}");
        await using var guard = Guard(new TimerWatch(_clock));
        var fault = await _fault.WaitForOtherThanAsync("not yet", TestContext.Current.CancellationToken);
        Assert.Equal("failed 1", fault);

        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            _clock.Advance(TimeSpan.FromSeconds(seconds));
            fault = await _fault.WaitForOtherThanAsync(fault, TestContext.Current.CancellationToken);
        }

        Assert.Equal("failed 8", fault);
    }

    private RuleGuard Guard(IRulesetWatch watch) =>
        new(_keeper, watch, TimeSpan.FromSeconds(5), _fault.Set, new(_meters), _clock, new FakeLogger());

    private sealed class ScriptedKeeper : IRuleKeeper
    {
        public Func<bool> IsBroken { get; set; } = () => false;

        public int Looks { get; private set; }

        public int Repairs { get; private set; }

        public TaskCompletionSource Repaired { get; } = new();

        public bool IsAnnounced => false;

        public bool IsConcernedBy(RulesetChange change) => true;

        public Task ApplyAsync(FirewallRules rules, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<IReadOnlyList<string>> PlanAsync(FirewallRules rules, CancellationToken cancellationToken) => RemoveAsync(cancellationToken);

        public Task<bool> IsIntactAsync(CancellationToken cancellationToken)
        {
            Looks++;
            return Task.FromResult(!IsBroken());
        }

        public Task RepairAsync(CancellationToken cancellationToken)
        {
            Repairs++;
            Repaired.TrySetResult();
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<string>> RemoveAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);
    }
}
