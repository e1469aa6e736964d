using System.Buffers.Binary;

namespace Overlay.WireGuard.Protocol.Messages;

/// <summary>The second message of a handshake (white paper, section 5.4.3).</summary>
internal readonly ref struct ResponseMessage
{
    public const int Size = 92;

    private readonly ReadOnlySpan<byte> _bytes;

    private ResponseMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The responder's index.</summary>
    public uint Sender => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[Field.Sender..]);

    /// <summary>The index that the initiation asked to be answered by.</summary>
    public uint Receiver => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[Field.Receiver..]);

    public ReadOnlySpan<byte> Ephemeral => _bytes[Field.Ephemeral..Field.Empty];

    /// <summary>Nothing, sealed: the proof that the responder has the keys.</summary>
    public ReadOnlySpan<byte> Empty => _bytes[Field.Empty..Field.Macs];

    public MessageMacs Macs => new(_bytes);

    public static bool TryRead(ReadOnlySpan<byte> datagram, out ResponseMessage message)
    {
        var isResponse = MessageHeader.Classify(datagram) == MessageKind.Response;
        message = new ResponseMessage(isResponse ? datagram : []);
        return isResponse;
    }

    /// <summary>Clears the message and writes its header; the spans are for the writer of the handshake.</summary>
    public static Fields Write(Span<byte> destination, uint sender, uint receiver)
    {
        var message = destination[..Size];
        message.Clear();
        MessageHeader.Write(message, MessageKind.Response, sender);
        BinaryPrimitives.WriteUInt32LittleEndian(message[Field.Receiver..], receiver);
        return new Fields(message);
    }

    /// <summary>The parts of a message under construction.</summary>
    public readonly ref struct Fields(Span<byte> message)
    {
        private readonly Span<byte> _message = message;

        public Span<byte> Ephemeral => _message[Field.Ephemeral..Field.Empty];

        public Span<byte> Empty => _message[Field.Empty..Field.Macs];
    }

    private static class Field
    {
        public const int Sender = 4;
        public const int Receiver = 8;
        public const int Ephemeral = 12;
        public const int Empty = 44;
        public const int Macs = 60;
    }
}
