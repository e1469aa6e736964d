namespace Overlay.Linux.Kernel;

/// <summary>One thing that is wanted in the kernel, or was seen there. Entries are values: equal means that nothing is to be done. Devices are
/// referred to by name, because an index changes when a device is made again.</summary>
public abstract record KernelEntry
{
    /// <summary>The kernel's identity of the entry.</summary>
    public abstract EntryKey Key { get; }

    /// <summary>The name of the device without which the entry cannot stand; empty when there is none. Until that device exists the entry is
    /// pending, not failed.</summary>
    public abstract string RequiredDevice { get; }

    /// <summary>Whether <see cref="RequiredDevice"/> must be up, too.</summary>
    public virtual bool RequiresDeviceUp => true;

    /// <summary>Whether the entry, found in the kernel and wanted by nobody, belongs to the owner of <paramref name="claim"/>.</summary>
    public abstract bool IsWithin(ScopeClaim claim);

    /// <summary>The entry in the words of iproute2, for plans, logs and tests.</summary>
    public abstract override string ToString();
}
