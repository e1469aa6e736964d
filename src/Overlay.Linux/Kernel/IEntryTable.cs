namespace Overlay.Linux.Kernel;

/// <summary>A further kind of entries for the reconciler, which routing netlink knows nothing of: the peers of WireGuard devices. It stands behind the
/// kernel's own tables: its entries may need a link, and none of those needs it. Everything but <see cref="Watch"/> is called on the reconciler's thread,
/// which is in the right network namespace.</summary>
public interface IEntryTable
{
    /// <summary>The name, which the keys of its entries carry.</summary>
    string Name { get; }

    /// <summary>Reports what stands in the table, or what stands there on one device.</summary>
    void Dump(string? device, IEntrySink sink);

    /// <summary>Makes the changes, in one go.</summary>
    /// <returns>For each change <see langword="null"/>, or in one sentence why it was not made. What was made is not reported by anything else.</returns>
    IReadOnlyList<string?> Apply(IReadOnlyList<EntryChange> changes);

    /// <summary>Has <paramref name="changed"/> called with a device's name, from any thread, when what stands on it may have become different. Disposing what
    /// is given ends it.</summary>
    IDisposable Watch(Action<string> changed);
}
