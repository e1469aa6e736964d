using System.Collections.Concurrent;

using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Peers that a handshake is to be begun with, a few at a time: thousands at once would be more than the peers, and we, can answer.</summary>
internal sealed class HandshakePacer(DataPlane plane)
{
    /// <summary>Between two handshakes: some three hundred in a second, which take a tenth of a processor.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(3);

    private readonly ConcurrentQueue<PublicKey> _waiting = new();
    private TimeSpan _next;

    /// <summary>When the next is due; never while the interface is down.</summary>
    public TimeSpan NextDue => plane.IsUp && plane.Engine.PublicKey is not null && !_waiting.IsEmpty ? _next : TimeSpan.MaxValue;

    public void Add(IEnumerable<PublicKey> peers)
    {
        foreach (var peer in peers)
        {
            _waiting.Enqueue(peer);
        }
    }

    /// <summary>Takes one peer that is due and needs a session. Call until it fails.</summary>
    public bool TryTake(TimeSpan now, out Peer peer)
    {
        while (NextDue <= now && _waiting.TryDequeue(out var key))
        {
            if (plane.Engine.FindPeer(key) is { HasEndpoint: true } found && found.SelectSession(now) is null)
            {
                peer = found;
                _next = now + Interval;
                return true;
            }
        }

        peer = null!;
        return false;
    }
}
