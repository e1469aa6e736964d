using Overlay.Linux.Interop;
using Overlay.WireGuard.Protocol.Messages;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Handshake messages that wait to be looked at, oldest first, in memory of fixed size. Safe for several threads.</summary>
internal sealed class HandshakeQueue(int capacity = HandshakeQueue.DefaultCapacity)
{
    public const int DefaultCapacity = 1024;

    /// <summary>The longest message that is no transport message.</summary>
    public const int MessageSize = InitiationMessage.Size;

    private readonly Lock _gate = new();
    private readonly byte[] _bytes = new byte[capacity * MessageSize];
    private readonly (int Length, DatagramPath Path)[] _entries = new (int, DatagramPath)[capacity];
    private int _first;
    private volatile int _count;

    public int Count => _count;

    /// <summary>Takes a copy. Fails for a message that is too long, and while the queue is full.</summary>
    public bool TryAdd(ReadOnlySpan<byte> message, in DatagramPath path, out bool isFirst)
    {
        lock (_gate)
        {
            isFirst = false;
            if (_count == capacity || message.Length > MessageSize)
            {
                return false;
            }

            isFirst = _count == 0;
            var place = (_first + _count) % capacity;
            message.CopyTo(_bytes.AsSpan(place * MessageSize));
            _entries[place] = (message.Length, path);
            _count++;
            return true;
        }
    }

    /// <summary>Copies the oldest message to <paramref name="destination"/>, which has <see cref="MessageSize"/> bytes.</summary>
    public bool TryTake(Span<byte> destination, out int length, out DatagramPath path)
    {
        lock (_gate)
        {
            (length, path) = _entries[_first];
            if (_count == 0)
            {
                return false;
            }

            _bytes.AsSpan(_first * MessageSize, length).CopyTo(destination);
            _first = (_first + 1) % capacity;
            _count--;
            return true;
        }
    }
}
