using System.Globalization;
using System.Text;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Ipam;

/// <summary>What is to be written as one line of the journal: <c>+ NETWORK CONTAINER INTERFACE ADDRESS,ADDRESS CHECKSUM</c>.</summary>
internal readonly record struct JournalEntry(JournalAction Action, string Network, AttachmentKey Key, IEnumerable<InetAddress> Addresses)
{
    /// <summary>Stands in the place of what an action has not.</summary>
    public const string Nothing = "-";

    public static JournalEntry Reserve(Reservation entry) => new(JournalAction.Reserve, entry.Network, entry.Key, entry.Addresses);

    public static JournalEntry Complete(Reservation entry) => new(JournalAction.Complete, entry.Network, entry.Key, []);

    public static JournalEntry Release(Reservation entry) => new(JournalAction.Release, entry.Network, entry.Key, []);

    /// <summary>The one line that says how a reservation stands.</summary>
    public static JournalEntry Keep(Reservation entry) => entry.IsComplete ? new(JournalAction.Hold, entry.Network, entry.Key, entry.Addresses) : Reserve(entry);

    public static JournalEntry Rest(IEnumerable<InetAddress> addresses) => new(JournalAction.Rest, Nothing, new AttachmentKey(Nothing, Nothing), addresses);

    /// <summary>The line without its end.</summary>
    public override string ToString()
    {
        var addresses = string.Join(',', Addresses);
        var text = $"{(char)Action} {Network} {Key.ContainerId} {Key.InterfaceName} {(addresses.Length == 0 ? Nothing : addresses)}";
        return string.Create(CultureInfo.InvariantCulture, $"{text} {Crc32C.Of(Encoding.UTF8.GetBytes(text)):x8}");
    }

    /// <summary>The line with its end.</summary>
    public byte[] ToLine() => Encoding.UTF8.GetBytes($"{this}\n");
}
