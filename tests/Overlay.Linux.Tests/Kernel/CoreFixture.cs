using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Kernel;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Tests.Kernel;

/// <summary>A reconciler's core before a fake kernel, with a clock that stands still.</summary>
internal sealed class CoreFixture : IDisposable
{
    private readonly TestMeters _meters = new();

    public CoreFixture(FakeKernel? kernel = null, IKernelDoor? door = null)
    {
        Kernel = kernel ?? new FakeKernel();
        Repairs = new MetricCollector<long>(_meters, OverlayMetrics.MeterName, "overlay.repairs");
        Core = new ReconcilerCore(door ?? Kernel, Clock, new OverlayMetrics(_meters), NullLogger.Instance);
        if (kernel is null)
        {
            Kernel.AddDevice("eth0");
        }
    }

    public FakeTimeProvider Clock { get; } = new();

    public FakeKernel Kernel { get; }

    public ReconcilerCore Core { get; }

    public MetricCollector<long> Repairs { get; }

    public ScopeState Open(ScopeClaim? claim = null)
    {
        var scope = new ScopeState(claim ?? KernelHost.Claim);
        Core.Open(scope);
        return scope;
    }

    /// <summary>Wants the own device and so many peers, says that this is all, and runs.</summary>
    public ScopeState OpenWith(int peers)
    {
        var scope = Open();
        Want(scope, "own", KernelHost.Own);
        for (var number = 1; number <= peers; number++)
        {
            Want(scope, KernelHost.PeerName(number), KernelHost.Peer(number));
        }

        Complete(scope);
        Core.Run();
        return scope;
    }

    public void Want(ScopeState scope, string owner, IReadOnlyList<KernelEntry> entries) => Core.Ledger.Replace(scope, owner, [.. entries]);

    public void Complete(ScopeState scope) => Core.Ledger.RetainOnly(scope, scope.Owners.Keys.ToHashSet());

    /// <summary>Runs or steps as the reconciler's thread does.</summary>
    public void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (NetlinkException)
        {
            Core.Recover();
        }
    }

    /// <summary>Lets so much time pass, and steps whenever something is due.</summary>
    public void Pass(TimeSpan time)
    {
        var end = Clock.GetUtcNow() + time;
        Guard(Core.Step);
        while (Core.NextDue is { } due && Clock.GetUtcNow() + due <= end)
        {
            Clock.Advance(due);
            Guard(Core.Step);
        }

        if (end > Clock.GetUtcNow())
        {
            Clock.Advance(end - Clock.GetUtcNow());
        }
    }

    public long RepairsOf(string kind) => Repairs.GetMeasurementSnapshot().Where(m => m.Tags["kind"] as string == kind).Sum(m => m.Value);

    public void Dispose()
    {
        Repairs.Dispose();
        _meters.Dispose();
        Kernel.Dispose();
    }
}
