using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Kernel;

/// <summary>The reconciler on a thread of its own, which alone touches the kernel and all state. Callers record wishes and post commands. Its
/// sockets belong to the network namespace of the thread that constructs it. Disposing leaves the kernel's state standing.</summary>
public sealed partial class KernelReconciler : IKernelReconciler, IAsyncDisposable, IDisposable
{
    private readonly Func<IKernelDoor> _openDoor;
    private readonly IKernelDoor _door;
    private readonly ReconcilerCore _core;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<Wish> _wishes = [];
    private List<Command> _commands = [];
    private bool _isDisposed;

    /// <summary>Starts a reconciler for the network namespace that the calling thread is in.</summary>
    /// <param name="clock">Says when to try again.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="logger">Takes what a person would want to know.</param>
    /// <param name="tables">Further kinds of entries, in the order in which they are added.</param>
    /// <exception cref="Netlink.NetlinkException">The kernel refused the sockets.</exception>
    public KernelReconciler(TimeProvider clock, OverlayMetrics metrics, ILogger<KernelReconciler> logger, IEnumerable<IEntryTable>? tables = null)
        : this(DoorOpener([.. tables ?? []]), clock, metrics, logger)
    {
    }

    internal KernelReconciler(Func<IKernelDoor> openDoor, TimeProvider clock, OverlayMetrics? metrics, ILogger<KernelReconciler> logger)
    {
        _openDoor = openDoor;
        _clock = clock;
        _logger = logger;
        _door = openDoor();
        _core = new ReconcilerCore(_door, clock, metrics, logger);
        _timer = clock.CreateTimer(_ => _door.Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        metrics?.Observe("overlay.entries.desired", "{entry}", "Kernel entries that are wanted.", () => Measure(_core.Ledger.Desired));
        metrics?.Observe("overlay.entries.observed", "{entry}", "Kernel entries that stand, of those that are wanted or inside a network's claim.", () => Measure(_core.Ledger.Observed));
        // A new thread is in the namespace of the one that starts it.
        _thread = new Thread(Work) { IsBackground = true, Name = "overlay kernel" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public IReadOnlyList<KernelRepair> LastRepairs => _core.Repairs.Latest;

    /// <inheritdoc/>
    public IKernelScope OpenScope(ScopeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        var state = new ScopeState(claim);
        _ = PostAsync(() => _core.Open(state));
        return new KernelScope(this, state);
    }

    /// <inheritdoc/>
    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        var wishes = TakeWishes();
        await PostAsync(
            () =>
            {
                foreach (var wish in wishes)
                {
                    wish.Apply(_core.Ledger, scope => scope);
                }
            },
            _core.Run).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> PlanAsync(CancellationToken cancellationToken)
    {
        List<Wish> wishes;
        lock (_lock)
        {
            wishes = [.. _wishes.Select(wish => wish.Copy())];
        }

        IReadOnlyList<string> lines = [];
        await PostAsync(() => lines = Rehearse(wishes)).WaitAsync(cancellationToken);
        return lines;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> RemoveAsync(ScopeClaim claim, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        IReadOnlyList<string> lines = [];
        await PostAsync(() => lines = Remove(claim)).WaitAsync(cancellationToken);
        return lines;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (BeginDispose())
        {
            _thread.Join();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        BeginDispose();
        await _ended.Task;
    }

    internal void Record(Wish wish)
    {
        lock (_lock)
        {
            _wishes.Add(wish);
        }
    }

    internal async Task CloseAsync(ScopeState scope)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }
        }

        await PostAsync(() => _core.Ledger.Close(scope));
    }

    private static Func<IKernelDoor> DoorOpener(IReadOnlyList<IEntryTable> tables) =>
        tables.Count == 0 ? () => new NetlinkDoor() : () => new ExtendedDoor(new NetlinkDoor(), tables);

    private IReadOnlyList<string> Rehearse(List<Wish> wishes)
    {
        using var door = new TellingDoor(_openDoor(), isRehearsal: true);
        var core = new ReconcilerCore(door, _clock, metrics: null, _logger);
        var copies = new Dictionary<ScopeState, ScopeState>();
        foreach (var scope in _core.Ledger.Scopes)
        {
            var copy = copies[scope] = new ScopeState(scope.Claim);
            core.Open(copy);
            foreach (var owner in scope.Owners.Values)
            {
                core.Ledger.Replace(copy, owner.Name, [.. owner.Entries]);
            }

            copy.IsComplete = scope.IsComplete;
        }

        foreach (var wish in wishes)
        {
            wish.Apply(core.Ledger, scope => copies[scope]);
        }

        core.Run();
        return door.Lines;
    }

    private IReadOnlyList<string> Remove(ScopeClaim claim)
    {
        using var door = new TellingDoor(_openDoor(), isRehearsal: false);
        var core = new ReconcilerCore(door, _clock, metrics: null, _logger);
        var scope = new ScopeState(claim) { IsComplete = true };
        core.Open(scope);
        core.Run();
        return door.Refusals.Count == 0
            ? door.Lines
            : throw new OverlayException($"Not everything of {claim.Name} could be removed: {string.Join("; ", door.Refusals)}.");
    }

    private List<Wish> TakeWishes()
    {
        lock (_lock)
        {
            var wishes = _wishes;
            _wishes = [];
            return wishes;
        }
    }

    private IEnumerable<Measurement<double>> Measure(int[] counts) =>
        counts.Select((count, rank) => new Measurement<double>(count, new KeyValuePair<string, object?>("kind", _door.Tables[rank])));

    private bool BeginDispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return false;
            }

            _isDisposed = true;
        }

        _door.Wake();
        return true;
    }
}
