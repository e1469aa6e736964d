using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Timers;

namespace Overlay.WireGuard.Protocol.Sessions;

/// <summary>What a handshake leaves: a key for each direction, counters and a replay window (a key pair, in the words of the white paper). Any
/// number of threads may seal and open at once; nothing is allocated per packet.</summary>
internal sealed class Session : IDisposable
{
    private readonly IAeadKey _sending;
    private readonly IAeadKey _receiving;
    private readonly Lock _windowGate = new();
    private ReplayWindow _window;
    private ulong _nextCounter;
    private volatile bool _maySend = true;

    /// <summary>Copies the keys; the caller wipes its own.</summary>
    public Session(SessionKeys keys, IAeadProvider aead, bool isInitiator, uint localIndex, uint remoteIndex, TimeSpan born, ulong firstCounter = 0)
    {
        _sending = aead.CreateKey(keys.Sending.Bytes);
        _receiving = aead.CreateKey(keys.Receiving.Bytes);
        IsInitiator = isInitiator;
        LocalIndex = localIndex;
        RemoteIndex = remoteIndex;
        Born = born;
        _nextCounter = firstCounter;
    }

    /// <summary>Whether this end began the handshake, and therefore renews the session.</summary>
    public bool IsInitiator { get; }

    /// <summary>The receiver that transport messages to us carry.</summary>
    public uint LocalIndex { get; }

    /// <summary>The receiver that our transport messages carry.</summary>
    public uint RemoteIndex { get; }

    public TimeSpan Born { get; }

    /// <summary>The counter of the next packet.</summary>
    public ulong NextCounter => Volatile.Read(ref _nextCounter);

    /// <summary>How many of <paramref name="payload"/>'s bytes a message has.</summary>
    public static int MessageSize(int payload) => payload + TransportMessage.Overhead;

    /// <summary>Not after REJECT_AFTER_TIME or REJECT_AFTER_MESSAGES, and not after <see cref="StopSending"/>.</summary>
    public bool CanSend(TimeSpan now) => _maySend && CanReceive(now) && NextCounter < ProtocolLimits.RejectAfterMessages;

    /// <summary>To be asked once per batch, before its packets are opened.</summary>
    public bool CanReceive(TimeSpan now) => now - Born < ProtocolLimits.RejectAfterTime;

    /// <summary>Takes counters for a batch of packets. Fails, taking none, when there are not as many left.</summary>
    public bool TryReserve(int count, out ulong first)
    {
        while (true)
        {
            first = Volatile.Read(ref _nextCounter);
            if (first >= ProtocolLimits.RejectAfterMessages || ProtocolLimits.RejectAfterMessages - first < (ulong)count)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _nextCounter, first + (ulong)count, first) == first)
            {
                return true;
            }
        }
    }

    /// <summary>Writes a whole transport message. The payload, already padded, lies elsewhere or at its place in the message: 16 bytes after its
    /// beginning. Fails only when the session was wiped meanwhile.</summary>
    public bool TrySeal(ulong counter, ReadOnlySpan<byte> payload, Span<byte> message)
    {
        TransportMessage.WriteHeader(message, RemoteIndex, counter);
        return _sending.Seal(counter, payload, message.Slice(TransportMessage.HeaderSize, payload.Length + TransportMessage.TagSize));
    }

    /// <summary>Opens a message's sealed part, elsewhere or in place, and accepts its counter. After a failure the destination is undefined.</summary>
    public OpenResult Open(TransportMessage message, Span<byte> payload)
    {
        var counter = message.Counter;
        if (counter >= ProtocolLimits.RejectAfterMessages)
        {
            return OpenResult.Replayed;
        }

        if (!_receiving.Open(counter, message.Sealed, payload[..(message.Sealed.Length - TransportMessage.TagSize)]))
        {
            return OpenResult.Forged;
        }

        // Only now: an unauthenticated counter must not move the window.
        lock (_windowGate)
        {
            return _window.TryAccept(counter) ? OpenResult.Opened : OpenResult.Replayed;
        }
    }

    /// <summary>Goes on with this counter: for tests of the limits.</summary>
    internal void SkipTo(ulong counter) => Volatile.Write(ref _nextCounter, counter);

    /// <summary>The session still receives, but no longer sends: our private key has changed.</summary>
    public void StopSending() => _maySend = false;

    public void Dispose()
    {
        _maySend = false;
        _sending.Dispose();
        _receiving.Dispose();
    }

    public override string ToString() => $"session {LocalIndex:x8}";
}
