namespace Overlay.Linux.Kernel;

/// <summary>Takes what an <see cref="IEntryTable"/> reads.</summary>
public interface IEntrySink
{
    /// <summary>What is wanted in this place, if anything.</summary>
    KernelEntry? Wanted(in EntryKey key);

    /// <summary>The entry stands.</summary>
    void Seen(KernelEntry entry);
}
