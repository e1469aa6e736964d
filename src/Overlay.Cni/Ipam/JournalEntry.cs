using System.Globalization;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Ipam;

/// <summary>What a line of the journal says; the value is the line's first letter.</summary>
internal enum JournalAction
{
    /// <summary>An attachment gets addresses.</summary>
    Reserve = '+',

    /// <summary>Its ADD came to its end.</summary>
    Complete = '=',

    /// <summary>An attachment is gone.</summary>
    Release = '-',

    /// <summary>An address was used before, and rests. Written when the journal is made shorter.</summary>
    Rest = '~',
}

/// <summary>One line of the journal: <c>+ NETWORK CONTAINER INTERFACE ADDRESS,ADDRESS CHECKSUM</c>.</summary>
internal readonly record struct JournalEntry(JournalAction Action, string Network, AttachmentKey Key, IReadOnlyList<InetAddress> Addresses)
{
    private const string Nothing = "-";
    private const int Fields = 6;

    public static JournalEntry Reserve(Reservation entry) => new(JournalAction.Reserve, entry.Network, entry.Key, entry.Addresses);

    public static JournalEntry Complete(Reservation entry) => new(JournalAction.Complete, entry.Network, entry.Key, []);

    public static JournalEntry Release(Reservation entry) => new(JournalAction.Release, entry.Network, entry.Key, []);

    public static JournalEntry Rest(InetAddress address) => new(JournalAction.Rest, Nothing, new AttachmentKey(Nothing, Nothing), [address]);

    /// <summary>Reads a line without its end. Any text gives an entry or nothing.</summary>
    public static bool TryParse(ReadOnlySpan<char> line, out JournalEntry entry)
    {
        entry = default;
        Span<Range> parts = stackalloc Range[Fields + 1];
        if (line.Split(parts, ' ') != Fields
            || !ulong.TryParse(line[parts[5]], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum)
            || checksum != Fnv1a.Hash(line[..parts[4].End])
            || line[parts[0]].Length != 1
            || !Enum.IsDefined((JournalAction)line[0])
            || !TryReadAddresses(line[parts[4]], out var addresses))
        {
            return false;
        }

        entry = new JournalEntry(
            (JournalAction)line[0], line[parts[1]].ToString(), new AttachmentKey(line[parts[2]].ToString(), line[parts[3]].ToString()), addresses);
        return true;
    }

    /// <summary>The line, with its end.</summary>
    public override string ToString()
    {
        var text = $"{(char)Action} {Network} {Key.ContainerId} {Key.InterfaceName} {(Addresses.Count == 0 ? Nothing : string.Join(',', Addresses))}";
        return string.Create(CultureInfo.InvariantCulture, $"{text} {Fnv1a.Hash(text):x16}\n");
    }

    private static bool TryReadAddresses(ReadOnlySpan<char> text, out IReadOnlyList<InetAddress> addresses)
    {
        addresses = [];
        if (text.SequenceEqual(Nothing))
        {
            return true;
        }

        var read = new List<InetAddress>(2);
        foreach (var range in text.Split(','))
        {
            if (!IpText.TryParse(text[range].ToString(), out var address))
            {
                return false;
            }

            read.Add(address);
        }

        addresses = read;
        return true;
    }
}
