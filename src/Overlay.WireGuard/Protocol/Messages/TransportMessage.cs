using System.Buffers.Binary;

namespace Overlay.WireGuard.Protocol.Messages;

/// <summary>A sealed packet (white paper, section 5.4.6): header, payload, tag. A keepalive has no payload.</summary>
internal readonly ref struct TransportMessage
{
    public const int HeaderSize = 16;
    public const int TagSize = 16;

    /// <summary>What a message is longer than its payload; also the length of a keepalive.</summary>
    public const int Overhead = HeaderSize + TagSize;

    public const int MinimumSize = Overhead;

    private readonly ReadOnlySpan<byte> _bytes;

    private TransportMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The receiver's index of the session.</summary>
    public uint Receiver => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[Field.Receiver..]);

    public ulong Counter => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[Field.Counter..]);

    /// <summary>The payload, sealed.</summary>
    public ReadOnlySpan<byte> Sealed => _bytes[HeaderSize..];

    public static bool TryRead(ReadOnlySpan<byte> datagram, out TransportMessage message)
    {
        var isTransport = MessageHeader.Classify(datagram) == MessageKind.Transport;
        message = new TransportMessage(isTransport ? datagram : []);
        return isTransport;
    }

    public static void WriteHeader(Span<byte> destination, uint receiver, ulong counter)
    {
        MessageHeader.Write(destination, MessageKind.Transport, receiver);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[Field.Counter..], counter);
    }

    private static class Field
    {
        public const int Receiver = 4;
        public const int Counter = 8;
    }
}
