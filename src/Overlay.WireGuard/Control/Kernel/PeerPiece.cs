using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Control.Kernel;

/// <summary>A peer's change, or a part of one that has too many prefixes for a message.</summary>
/// <param name="Change">The whole.</param>
/// <param name="FirstPrefix">Where in the list of prefixes this part begins; the rest of the change goes with the first part.</param>
/// <param name="PrefixCount">How many prefixes this part has.</param>
internal readonly record struct PeerPiece(WireGuardPeerChange Change, int FirstPrefix, int PrefixCount)
{
    /// <summary>How many bytes of peers one message has, at most. An attribute could have 65,535; what the kernel copies at once may be smaller.</summary>
    public const int MostBytes = 8 * 1024;

    // Each attribute: 4 bytes of header, then its value, up to the next multiple of four.
    private const int PeerBytes = 4 + (4 + 32) + (4 + 32) + (4 + 4) + (4 + SocketAddress.LargestSize) + (4 + 4) + 4;

    public bool IsFirst => FirstPrefix == 0;

    /// <summary>Divides changes among messages, in order. No message is empty.</summary>
    public static List<List<PeerPiece>> Divide(IEnumerable<WireGuardPeerChange> changes)
    {
        List<List<PeerPiece>> messages = [];
        var room = 0;
        foreach (var change in changes)
        {
            var first = 0;
            do
            {
                room -= PeerBytes;
                // A part without a prefix would look like another first part.
                if (room < 0 || (!change.Remove && first < change.AllowedIps.Count && room < BytesOf(change.AllowedIps[first].Prefix)))
                {
                    messages.Add([]);
                    room = MostBytes - PeerBytes;
                }

                var count = CountWithin(change, first, ref room);
                messages[^1].Add(new PeerPiece(change, first, count));
                first += count;
            }
            while (!change.Remove && first < change.AllowedIps.Count);
        }

        return messages;
    }

    private static int CountWithin(WireGuardPeerChange change, int first, ref int room)
    {
        var end = first;
        while (!change.Remove && end < change.AllowedIps.Count && BytesOf(change.AllowedIps[end].Prefix) is var bytes && bytes <= room)
        {
            room -= bytes;
            end++;
        }

        return end - first;
    }

    private static int BytesOf(InetPrefix prefix) => 4 + (4 + 4) + (4 + prefix.Address.Size) + (4 + 4) + (4 + 4);
}
