using Overlay.Core.Addressing;

namespace Overlay.Linux.Kernel;

/// <summary>The kernel's own identity of an entry: two entries with one key cannot stand in the kernel beside each other.</summary>
/// <param name="Table">The name of the table: <c>link</c>, <c>address</c>, <c>neighbour</c>, <c>fdb</c>, <c>route</c>, or that of a further table.</param>
/// <param name="Name">The device's name, or what else identifies the entry in its table; empty when the rest is enough.</param>
/// <param name="Prefix">The address or destination; a single address has its full length.</param>
/// <param name="Mac">The Ethernet address of a forwarding entry.</param>
/// <param name="Number">A further number: a route's table and metric.</param>
public readonly record struct EntryKey(string Table, string Name, InetPrefix Prefix = default, MacAddress Mac = default, ulong Number = 0)
{
    /// <summary>Hashes what differs among the many entries of one table and device; the names, which are few, only when there is nothing else.</summary>
    public override int GetHashCode() =>
        Prefix.Length == 0 && Mac.IsZero
            ? HashCode.Combine(Table, Name, Number)
            : HashCode.Combine(Table.Length, Prefix.Address.Value, Prefix.Length, Mac, Number);
}
