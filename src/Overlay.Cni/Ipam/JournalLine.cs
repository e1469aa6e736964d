using System.Globalization;
using System.Text;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Ipam;

/// <summary>One line of the journal as it stands in the file, without its end. Nothing is copied out of it before somebody asks: an ADD reads all lines, and wants one.</summary>
internal readonly ref struct JournalLine
{
    private const int Fields = 6;

    private readonly ReadOnlySpan<byte> _network;
    private readonly ReadOnlySpan<byte> _attachment;

    private JournalLine(JournalAction action, ReadOnlySpan<byte> network, ReadOnlySpan<byte> attachment)
    {
        Action = action;
        _network = network;
        _attachment = attachment;
    }

    public JournalAction Action { get; }

    /// <summary>What names the attachment in the book. The name of its link has 55 of these bits, so that two attachments of one hash cannot be on one host anyway.</summary>
    public ulong AttachmentHash => Fnv1a.Hash(_attachment);

    /// <summary>The same number for a key.</summary>
    public static ulong HashOf(AttachmentKey key) => Fnv1a.Hash($"{key.ContainerId} {key.InterfaceName}");

    /// <summary>Reads a line. Any bytes give one or nothing.</summary>
    /// <param name="text">The bytes.</param>
    /// <param name="addresses">Takes the line's addresses instead of what it has.</param>
    /// <param name="line">The line.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, List<InetAddress> addresses, out JournalLine line)
    {
        line = default;
        Span<int> ends = stackalloc int[Fields];
        var start = 0;
        for (var i = 0; i < Fields; i++)
        {
            var length = text[start..].IndexOf((byte)' ');
            if (length < 0 != (i == Fields - 1))
            {
                return false;
            }

            ends[i] = length < 0 ? text.Length : start + length;
            start = ends[i] + 1;
        }

        if (ends[0] != 1
            || (JournalAction)text[0] is not (JournalAction.Reserve or JournalAction.Complete or JournalAction.Release or JournalAction.Hold or JournalAction.Rest)
            || !uint.TryParse(text[(ends[4] + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum)
            || checksum != Crc32C.Of(text[..ends[4]]))
        {
            return false;
        }

        line = new JournalLine((JournalAction)text[0], text[2..ends[1]], text[(ends[1] + 1)..ends[3]]);
        return TryReadAddresses(text[(ends[3] + 1)..ends[4]], addresses);
    }

    /// <summary>The line as an entry.</summary>
    /// <param name="addresses">Its addresses, which <see cref="TryParse"/> gave.</param>
    public JournalEntry ToEntry(IReadOnlyList<InetAddress> addresses)
    {
        var blank = _attachment.IndexOf((byte)' ');
        var key = new AttachmentKey(Encoding.UTF8.GetString(_attachment[..blank]), Encoding.UTF8.GetString(_attachment[(blank + 1)..]));
        return new JournalEntry(Action, Encoding.UTF8.GetString(_network), key, addresses);
    }

    private static bool TryReadAddresses(ReadOnlySpan<byte> text, List<InetAddress> addresses)
    {
        addresses.Clear();
        if (text.Length == 1 && text[0] == '-')
        {
            return true;
        }

        foreach (var range in text.Split((byte)','))
        {
            if (!IpText.TryParse(text[range], out var address))
            {
                return false;
            }

            addresses.Add(address);
        }

        return true;
    }
}
