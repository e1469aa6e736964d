using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Kernel;

/// <summary>Brings the kernel to what the scopes want. It has no thread and waits for nothing: its owner calls <see cref="Run"/> after a change of
/// wishes, and <see cref="Step"/> when the door has something to receive or <see cref="NextDue"/> has come.</summary>
internal sealed partial class ReconcilerCore
{
    // After so many messages the notifications are read: more would fill the socket's queue, fewer would cost a system call too often.
    private const int ChunkSize = 128;

    // A table that changes faster than it can be read is left alone for a moment.
    private const int MaxDumps = 4;
    private const int RestMilliseconds = 200;
    private const int RestAfterFaultMilliseconds = 1_000;

    private readonly IKernelDoor _door;
    private readonly ILogger _logger;
    private readonly Agenda _agenda;
    private readonly Devices _devices = new();
    private readonly Observation _observation;
    private readonly OverlayMetrics? _metrics;
    private readonly TimeProvider _clock;
    private readonly KernelChange[] _chunk = new KernelChange[ChunkSize];
    private readonly List<Slot>[] _removals;
    private int _chunkCount;
    private long? _dumpDue;

    public ReconcilerCore(IKernelDoor door, TimeProvider clock, OverlayMetrics? metrics, ILogger logger)
    {
        _door = door;
        _clock = clock;
        _metrics = metrics;
        _logger = logger;
        _agenda = new Agenda(clock, door.Tables.Count);
        Ledger = new Ledger(door.Tables, _agenda);
        Repairs = new Repairs(clock, door.Tables, metrics);
        _observation = new Observation(Ledger, _agenda, _devices, Repairs);
        _removals = [.. door.Tables.Select(_ => new List<Slot>())];
    }

    /// <summary>What is wanted and what stands.</summary>
    public Ledger Ledger { get; }

    /// <summary>What was repaired.</summary>
    public Repairs Repairs { get; }

    /// <summary>When <see cref="Step"/> is to be called again although the door has nothing to receive.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            var next = _agenda.NextDue;
            next = _dumpDue < next || next is null ? _dumpDue : next;
            return next is { } due ? TimeSpan.FromMilliseconds(Math.Max(0, due - _agenda.Now)) : null;
        }
    }

    /// <summary>Nothing that is known about the kernel counts any more: everything is dumped at the next run.</summary>
    /// <param name="afterMilliseconds">The dump waits at least that long.</param>
    public void Distrust(int afterMilliseconds = 0) => _dumpDue = _agenda.Now + afterMilliseconds;

    /// <summary>Picks up the pieces after the door has thrown: nothing is in flight, everything is dumped after a rest, and all that is not as wanted
    /// is looked at again.</summary>
    public void Recover()
    {
        _chunk.AsSpan().Clear();
        _chunkCount = 0;
        Array.ForEach(_removals, list => list.Clear());
        _observation.Disturbed.Clear();
        var open = new List<Slot>();
        Ledger.Slots.Collect(open, slot => slot.IsInFlight || !ReferenceEquals(slot.Desired, slot.Observed));
        foreach (var slot in open)
        {
            slot.IsInFlight = false;
            _agenda.Defer(slot, RestAfterFaultMilliseconds);
        }

        Distrust(RestAfterFaultMilliseconds);
    }

    /// <summary>Opens a scope.</summary>
    public void Open(ScopeState scope)
    {
        Ledger.Open(scope);
        // Entries inside its claim were not kept so far.
        Distrust();
    }

    /// <summary>Receives what there is, and makes the changes whose time has come.</summary>
    public void Step()
    {
        Receive();
        _agenda.Advance();
        if (_agenda.NextDue <= _agenda.Now || _dumpDue <= _agenda.Now)
        {
            Run();
        }
    }

    /// <summary>Makes all changes that are to be made, and tries each once.</summary>
    public void Run()
    {
        var started = _clock.GetTimestamp();
        Synchronize();
        _agenda.Advance();
        var isBatch = _agenda.Count > 0;
        while (_agenda.Count > 0)
        {
            for (var rank = 0; rank < _removals.Length; rank++)
            {
                Put(rank);
            }

            for (var rank = _removals.Length - 1; rank >= 0; rank--)
            {
                Remove(rank);
            }

            Synchronize();
        }

        if (isBatch)
        {
            _metrics?.BatchApplied(_clock.GetElapsedTime(started));
        }

        Repairs.Report((table, count) => Log.Repaired(_logger, count, table));
    }

    private void Put(int rank)
    {
        foreach (var slot in _agenda.Take(rank))
        {
            if (slot.IsDeferred)
            {
                continue;
            }

            if (slot.Desired is { } wanted)
            {
                if (ReferenceEquals(slot.Observed, wanted))
                {
                    _observation.Settle(slot);
                }
                else if (_devices.Allow(wanted))
                {
                    Add(rank, new KernelChange(slot, wanted, slot.Observed, slot.RemovesFirst));
                }
                else
                {
                    ScopeState.Move(slot, SlotState.Pending);
                }
            }
            else if (Ledger.IsRemovable(slot))
            {
                _removals[rank].Add(slot);
            }
            else
            {
                Ledger.Forget(slot);
            }
        }

        Flush(rank);
    }

    private void Remove(int rank)
    {
        var count = 0;
        foreach (var slot in _removals[rank])
        {
            // It may have vanished since, together with its device.
            if (slot.Desired is null && slot.Observed is { } entry)
            {
                count += slot.IsCondemned ? 0 : 1;
                Add(rank, new KernelChange(slot, null, entry, removesFirst: false));
            }
        }

        Flush(rank);
        _removals[rank].Clear();
        if (count > 0)
        {
            Log.Removed(_logger, count, _door.Tables[rank]);
        }
    }

    private void Add(int rank, KernelChange change)
    {
        _chunk[_chunkCount++] = change;
        if (_chunkCount == ChunkSize)
        {
            Flush(rank);
        }
    }

    private void Flush(int rank)
    {
        var chunk = _chunk.AsSpan(0, _chunkCount);
        if (chunk.IsEmpty)
        {
            return;
        }

        _chunkCount = 0;
        foreach (ref var change in chunk)
        {
            change.Slot.IsInFlight = true;
            change.Slot.IsTouched = false;
            Disturb(change.Slot);
            if (rank == 0 && change is { Seen: { } seen, Wanted: { } wanted })
            {
                Log.Changing(_logger, seen, wanted);
            }

            if (change.Wanted is null && !change.Slot.IsCondemned)
            {
                // Others added it; if they do so again and again, that is a fight.
                BackOff.CountRepair(change.Slot, _agenda.Now);
            }
        }

        _door.Send(rank, chunk);
        // The kernel has queued the notifications of these changes before it answered.
        var isWhole = Receive();
        _observation.Disturbed.Clear();
        foreach (ref var change in chunk)
        {
            Conclude(change, isWhole);
        }

        chunk.Clear();
    }

    // Links and addresses take other entries with them.
    private void Disturb(Slot slot)
    {
        var key = slot.Identity.Key;
        if (key.Table is KernelTables.Link or KernelTables.Address)
        {
            _observation.Disturbed.Add(key.Name);
        }
    }

    private void Conclude(KernelChange change, bool isWhole)
    {
        var slot = change.Slot;
        var isSettled = !slot.IsInFlight;
        slot.IsInFlight = false;
        if (change.Wanted is null)
        {
            ConcludeRemoval(slot, change);
        }
        else if (isSettled)
        {
            // The kernel has shown it already; a loss since then is on the agenda.
        }
        else if (change.Refusal is { } refusal)
        {
            ConcludeRefusal(slot, change, refusal);
        }
        else if (!isWhole)
        {
            // What the kernel made of it was lost. The dump that follows will show it.
            if (_dumpDue > _agenda.Now)
            {
                _agenda.Defer(slot, RestMilliseconds);
            }
            else
            {
                _agenda.Add(slot);
            }
        }
        else if (slot.Observed is null && !slot.IsTouched)
        {
            // It stood there already, unseen, for example outside every claim: the kernel does not announce what it does not change.
            slot.IsInFlight = true;
            Ledger.SetObserved(slot, slot.Desired);
            _observation.Settle(slot);
        }
        else if (!_devices.Allow(change.Wanted))
        {
            _agenda.Add(slot);
        }
        else if (change.Wanted is RouteEntry && slot.Observed is not null && !slot.RemovesFirst)
        {
            // Somebody appended a second route with the same key: the first one was replaced, and the other one is still there.
            slot.RemovesFirst = true;
            _agenda.Add(slot);
        }
        else if (slot.Observed is null && change.RemovesFirst)
        {
            // The removal was announced, the rest did not change anything: the other one of two such routes is the wanted one, or nothing is left.
            slot.RemovesFirst = false;
            _agenda.Add(slot);
        }
        else
        {
            Fail(slot, slot.Observed is { } shown ? $"the kernel shows: {shown}" : "the kernel dropped it at once");
        }
    }

    private void ConcludeRemoval(Slot slot, KernelChange change)
    {
        if (change.Refusal is { } refusal)
        {
            slot.Trouble ??= new SlotTrouble();
            _agenda.Defer(slot, BackOff.AfterFailure(++slot.Trouble.Failures));
            Log.NotRemoved(_logger, change.Seen!, refusal.Text);
            return;
        }

        if (!slot.IsTouched)
        {
            Ledger.SetObserved(slot, null);
        }

        if (slot.Observed is null)
        {
            Ledger.Forget(slot);
        }
        else
        {
            // Somebody added it again in between.
            _agenda.Defer(slot, BackOff.AfterFailure(1));
        }
    }

    private void ConcludeRefusal(Slot slot, KernelChange change, KernelRefusal refusal)
    {
        if (!_devices.Allow(change.Wanted!))
        {
            // The device went while the change was on its way.
            _agenda.Add(slot);
        }
        else if (refusal.NeedsRemoval && slot.Observed is not null && !slot.RemovesFirst)
        {
            slot.RemovesFirst = true;
            _agenda.Add(slot);
        }
        else
        {
            Fail(slot, refusal.Text);
        }
    }

    private void Fail(Slot slot, string error)
    {
        slot.Trouble ??= new SlotTrouble();
        var failures = ++slot.Trouble.Failures;
        ScopeState.Move(slot, SlotState.Failed, error);
        _agenda.Defer(slot, BackOff.AfterFailure(failures));
        if (failures == 1)
        {
            Log.Refused(_logger, slot.Desired!, error);
        }
    }

    // Receives until nothing is left, and dumps what cannot be known otherwise.
    private void Synchronize()
    {
        for (var dumps = 0; ; dumps++)
        {
            Receive();
            if (_dumpDue <= _agenda.Now)
            {
                if (dumps == MaxDumps)
                {
                    Distrust(RestMilliseconds);
                    return;
                }

                _dumpDue = null;
                DumpAll();
            }
            else if (_observation.TryTakeDoubt(out var doubt))
            {
                if (_devices.Contains(doubt.Device))
                {
                    Dump(Ledger.RankOf(doubt.Table), doubt.Device);
                }
            }
            else
            {
                _agenda.ClearDoubts();
                return;
            }
        }
    }

    private bool Receive()
    {
        var isWhole = _door.Receive(_observation);
        if (!isWhole)
        {
            Log.Overrun(_logger);
            // Not sooner than planned: after too many dumps in a row there is a rest.
            _dumpDue ??= _agenda.Now;
        }

        return isWhole;
    }

    private void DumpAll()
    {
        for (var rank = 0; rank < _removals.Length; rank++)
        {
            Dump(rank, null);
        }

        _observation.ClearDoubts();
    }

    private void Dump(int rank, string? device)
    {
        _observation.BeginDump();
        _door.Dump(rank, device, _observation);
        _observation.EndDump(rank, device);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Kernel + 0, LogLevel.Information, "Put back {Count} {Table} entries that others had changed or removed")]
        public static partial void Repaired(ILogger logger, int count, string table);

        [LoggerMessage(EventIds.Kernel + 1, LogLevel.Information, "Removing {Count} {Table} entries of this network that nobody wants")]
        public static partial void Removed(ILogger logger, int count, string table);

        [LoggerMessage(EventIds.Kernel + 2, LogLevel.Warning, "The kernel refused \"{Entry}\": {Error}. Trying again, more and more rarely")]
        public static partial void Refused(ILogger logger, KernelEntry entry, string error);

        [LoggerMessage(EventIds.Kernel + 3, LogLevel.Warning, "The kernel did not remove \"{Entry}\": {Error}. Trying again, more and more rarely")]
        public static partial void NotRemoved(ILogger logger, KernelEntry entry, string error);

        [LoggerMessage(EventIds.Kernel + 5, LogLevel.Warning, "Found \"{Seen}\" where \"{Wanted}\" is wanted; changing it, or making it anew where the kernel cannot")]
        public static partial void Changing(ILogger logger, KernelEntry seen, KernelEntry wanted);

        [LoggerMessage(EventIds.Kernel + 4, LogLevel.Warning, "The kernel changed faster than could be followed; reading everything again")]
        public static partial void Overrun(ILogger logger);
    }
}
