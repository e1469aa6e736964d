namespace Overlay.Linux.Kernel;

/// <summary>One place in the kernel: what is wanted there and what stands there. There are three of them for each peer, so each field counts.</summary>
internal sealed class Slot(KernelEntry identity, int hash, byte rank)
{
    /// <summary>An entry with this slot's key; also when nothing is wanted and nothing stands.</summary>
    public KernelEntry Identity { get; set; } = identity;

    /// <summary>What shall stand here.</summary>
    public KernelEntry? Desired { get; set; }

    /// <summary>What stands here: the same object as <see cref="Desired"/> when both are equal.</summary>
    public KernelEntry? Observed { get; set; }

    /// <summary>Whose wish <see cref="Desired"/> is.</summary>
    public Owner? Owner { get; set; }

    /// <summary>The next slot in the same bucket of <see cref="SlotTable"/>.</summary>
    public Slot? Next { get; set; }

    /// <summary>What only few slots have.</summary>
    public SlotTrouble? Trouble { get; set; }

    /// <summary>The hash of the key.</summary>
    public int Hash { get; } = hash;

    /// <summary>When <see cref="Repairs"/> was last counted, in milliseconds of <see cref="Agenda.Now"/>.</summary>
    public long LastRepair { get; set; }

    /// <summary>The table's rank.</summary>
    public byte Rank { get; } = rank;

    /// <summary>How often others have lately undone what is wanted here; see <see cref="BackOff"/>.</summary>
    public byte Repairs { get; set; }

    /// <summary>The last dump that showed the entry.</summary>
    public ushort Epoch { get; set; }

    /// <summary>How far it is; changed by <see cref="ScopeState.Move"/>.</summary>
    public SlotState State { get; set; }

    /// <summary>It is in the agenda.</summary>
    public bool IsDue { get; set; }

    /// <summary>It waits for its time in the agenda.</summary>
    public bool IsDeferred { get; set; }

    /// <summary>A change was sent and its effect not yet seen.</summary>
    public bool IsInFlight { get; set; }

    /// <summary>Something was reported since the change was sent.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Somebody else's change is to be repaired.</summary>
    public bool HasDrifted { get; set; }

    /// <summary>It was wanted before: what stands here is ours to remove, inside any claim or not.</summary>
    public bool IsCondemned { get; set; }

    /// <summary>The kernel does not replace what stands here in place.</summary>
    public bool RemovesFirst { get; set; }
}
