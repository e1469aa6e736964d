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
    private readonly KernelChange[] _chunk = new KernelChange[ChunkSize];
    private readonly List<Slot>[] _removals;
    private int _chunkCount;
    private long? _dumpDue;

    public ReconcilerCore(IKernelDoor door, TimeProvider clock, OverlayMetrics? metrics, ILogger logger)
    {
        _door = door;
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
        Synchronize();
        _agenda.Advance();
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
            LogOverrun();
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
}
