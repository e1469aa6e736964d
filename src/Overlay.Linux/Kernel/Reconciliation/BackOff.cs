namespace Overlay.Linux.Kernel;

/// <summary>How long to wait before an entry is tried again. Each entry has its own count, so that none holds up another.</summary>
internal static class BackOff
{
    /// <summary>The longest wait.</summary>
    public const int MaxMilliseconds = 30_000;

    // A repair is made at once, until it was made so often that another program must be fighting for the entry. The count falls with time: an
    // administrator who breaks the same entry twice a second all day is not a fight, a loop is.
    private const int FreeRepairs = 64;
    private const int RepairForgottenAfter = 500;
    private const int FirstMilliseconds = 100;

    /// <summary>The wait after the kernel refused an entry so many times in a row.</summary>
    public static int AfterFailure(int failures) => Double(failures - 1);

    /// <summary>The wait before the entry is put back once more.</summary>
    public static int BeforeRepair(Slot slot, long now) => Count(slot, now) is var count && count < FreeRepairs ? 0 : Double(count - FreeRepairs);

    /// <summary>How often the slot was repaired lately.</summary>
    public static int Count(Slot slot, long now) => (int)Math.Max(0, slot.Repairs - ((now - slot.LastRepair) / RepairForgottenAfter));

    /// <summary>Counts a repair.</summary>
    public static void CountRepair(Slot slot, long now)
    {
        slot.Repairs = (byte)Math.Min(byte.MaxValue, Count(slot, now) + 1);
        slot.LastRepair = now;
    }

    private static int Double(int times) => times >= 9 ? MaxMilliseconds : Math.Min(MaxMilliseconds, FirstMilliseconds << times);
}
