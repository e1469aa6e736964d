namespace Overlay.Linux.Kernel;

/// <summary>Which slots have to be looked at, now or later. All times are milliseconds since the start.</summary>
internal sealed class Agenda
{
    // Programs that flush a table delete, look again and delete again. Repairing between their rounds would keep them going, so a repair waits
    // until nothing was lost for a moment; but not long, for packets are being lost too.
    private const int QuietMilliseconds = 10;
    private const int BurstMilliseconds = 50;

    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly PriorityQueue<Slot, long> _later = new();
    private readonly List<Slot>[] _due;
    private List<Slot> _spare = [];
    private long _burstBegan;
    private long _lastLoss;
    private bool _isUrgent;
    private bool _hasDoubts;

    public Agenda(TimeProvider clock, int ranks)
    {
        _clock = clock;
        _start = clock.GetTimestamp();
        _due = new List<Slot>[ranks];
        for (var i = 0; i < ranks; i++)
        {
            _due[i] = [];
        }
    }

    /// <summary>The time.</summary>
    public long Now => (long)_clock.GetElapsedTime(_start).TotalMilliseconds;

    /// <summary>How many slots are due.</summary>
    public int Count { get; private set; }

    /// <summary>When to look again; <see langword="null"/> when there is nothing to wait for.</summary>
    public long? NextDue
    {
        get
        {
            long? next = IsIdle ? null : _isUrgent ? Now : Math.Min(_lastLoss + QuietMilliseconds, _burstBegan + BurstMilliseconds);
            return _later.TryPeek(out _, out var due) && !(next < due) ? due : next;
        }
    }

    private bool IsIdle => Count == 0 && !_hasDoubts;

    /// <summary>Puts the slot in for the next run, without delay.</summary>
    public void Add(Slot slot)
    {
        _isUrgent = true;
        AddDue(slot);
    }

    /// <summary>Puts the slot in for the next run after the losses have ended.</summary>
    public void AddLost(Slot slot)
    {
        NoteLoss();
        AddDue(slot);
    }

    /// <summary>Something may have been lost: the next run has to look for it.</summary>
    public void AddDoubt()
    {
        NoteLoss();
        _hasDoubts = true;
    }

    /// <summary>All doubts are resolved.</summary>
    public void ClearDoubts() => _hasDoubts = false;

    /// <summary>Puts the slot in for later; until then <see cref="Slot.IsDeferred"/> is set.</summary>
    public void Defer(Slot slot, int milliseconds)
    {
        Remind(slot, milliseconds);
        slot.IsDeferred = true;
    }

    /// <summary>Looks at the slot later, too; it may be looked at before.</summary>
    public void Remind(Slot slot, int milliseconds)
    {
        var trouble = slot.Trouble ??= new SlotTrouble();
        trouble.Due = Now + milliseconds;
        _later.Enqueue(slot, trouble.Due);
    }

    /// <summary>Moves what was deferred until now among what is due.</summary>
    public void Advance()
    {
        var now = Now;
        while (_later.TryPeek(out var slot, out var due) && due <= now)
        {
            _later.Dequeue();
            // A slot that was deferred anew is in the queue more than once.
            if (slot.Trouble?.Due == due)
            {
                slot.IsDeferred = false;
                Add(slot);
            }
        }
    }

    /// <summary>Takes what is due in a table. The list is good until the next call.</summary>
    public List<Slot> Take(int rank)
    {
        var taken = _due[rank];
        _spare.Clear();
        (_due[rank], _spare) = (_spare, taken);
        Count -= taken.Count;
        if (Count == 0)
        {
            _isUrgent = false;
        }

        foreach (var slot in taken)
        {
            slot.IsDue = false;
        }

        return taken;
    }

    private void NoteLoss()
    {
        var now = Now;
        if (IsIdle)
        {
            _burstBegan = now;
        }

        _lastLoss = now;
    }

    private void AddDue(Slot slot)
    {
        if (!slot.IsDue)
        {
            slot.IsDue = true;
            _due[slot.Rank].Add(slot);
            Count++;
        }
    }
}
