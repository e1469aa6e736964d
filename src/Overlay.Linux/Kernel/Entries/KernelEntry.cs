namespace Overlay.Linux.Kernel;

/// <summary>One thing that is wanted in the kernel, or was seen there. Entries are values: equal means that nothing is to be done. Devices are
/// referred to by name, because an index changes when a device is made again.</summary>
public abstract record KernelEntry
{
    /// <summary>The kernel's identity of the entry.</summary>
    public abstract EntryKey Key { get; }

    /// <summary>The entry in the words of iproute2, for plans, logs and tests.</summary>
    public abstract override string ToString();
}
