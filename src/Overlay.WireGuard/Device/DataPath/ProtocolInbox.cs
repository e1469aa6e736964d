using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Overlay.Linux.Interop;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>What the threads that carry packets leave to the one that does the handshakes.</summary>
internal sealed class ProtocolInbox : IDisposable
{
    private readonly EventDescriptor _wake = new();
    private readonly ConcurrentQueue<(Peer Peer, PeerActions Actions)> _work = new();

    /// <summary>What is to be polled.</summary>
    public SafeHandle Handle => _wake.Handle;

    public HandshakeQueue Handshakes { get; } = new();

    /// <summary>Takes a copy of a handshake message; fails when too many wait.</summary>
    public bool TryPost(ReadOnlySpan<byte> message, in DatagramPath path)
    {
        var isTaken = Handshakes.TryAdd(message, path, out var isFirst);
        if (isFirst)
        {
            _wake.Raise();
        }

        return isTaken;
    }

    /// <summary>There is something to do for a peer.</summary>
    public void Post(Peer peer, PeerActions actions)
    {
        if (actions != PeerActions.None)
        {
            _work.Enqueue((peer, actions));
            _wake.Raise();
        }
    }

    public bool TryTake(out Peer peer, out PeerActions actions)
    {
        var isTaken = _work.TryDequeue(out var work);
        (peer, actions) = work;
        return isTaken;
    }

    /// <summary>Wakes the thread: its timers have changed, or it is to end.</summary>
    public void Wake() => _wake.Raise();

    public void ClearWake() => _wake.Clear();

    public void Dispose() => _wake.Dispose();
}
