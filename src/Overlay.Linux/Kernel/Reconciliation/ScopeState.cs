using Overlay.Core.Backends;

namespace Overlay.Linux.Kernel;

/// <summary>A scope as the reconciler's thread keeps it: its owners, and how far their entries are.</summary>
internal sealed class ScopeState(ScopeClaim claim)
{
    private readonly Lock _statusLock = new();
    private readonly Dictionary<Slot, FailedEntry> _failures = [];
    private readonly int[] _counts = new int[(int)SlotState.Failed + 1];

    /// <summary>Which entries are this scope's to remove.</summary>
    public ScopeClaim Claim { get; } = claim;

    /// <summary>Who wants something.</summary>
    public Dictionary<string, Owner> Owners { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the scope has said everything it wants, so that the rest of its claim may be removed.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Whether its owner has let go of it; what it wanted still stands, and is nobody's to remove.</summary>
    public bool IsClosed { get; set; }

    /// <summary>How many entries are wanted, wait, and were refused. From any thread.</summary>
    public (int Entries, int Pending, IReadOnlyList<FailedEntry> Failed) Status
    {
        get
        {
            lock (_statusLock)
            {
                return (Count(SlotState.Pending) + Count(SlotState.Settled) + Count(SlotState.Failed), Count(SlotState.Pending), [.. _failures.Values]);
            }
        }
    }

    /// <summary>Gives the slot a new state, and tells its scope.</summary>
    public static void Move(Slot slot, SlotState state, string? error = null)
    {
        if (slot.Owner is { } owner)
        {
            owner.Scope.MoveOwn(slot, state, error);
        }

        slot.State = state;
    }

    private void MoveOwn(Slot slot, SlotState state, string? error)
    {
        if (slot.State == state && error is null)
        {
            return;
        }

        lock (_statusLock)
        {
            _counts[(int)slot.State]--;
            _counts[(int)state]++;
            if (state == SlotState.Failed)
            {
                _failures[slot] = new FailedEntry(slot.Desired!.ToString(), error ?? "");
            }
            else if (slot.State == SlotState.Failed)
            {
                _failures.Remove(slot);
            }
        }
    }

    private int Count(SlotState state) => _counts[(int)state];
}
