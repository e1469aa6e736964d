using System.Buffers.Binary;

namespace Overlay.WireGuard.Protocol.Messages;

/// <summary>The first message of a handshake (white paper, section 5.4.2).</summary>
internal readonly ref struct InitiationMessage
{
    public const int Size = 148;

    private readonly ReadOnlySpan<byte> _bytes;

    private InitiationMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The index by which the initiator wants to be answered.</summary>
    public uint Sender => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[Field.Sender..]);

    public ReadOnlySpan<byte> Ephemeral => _bytes[Field.Ephemeral..Field.Static];

    /// <summary>The initiator's public key, sealed.</summary>
    public ReadOnlySpan<byte> Static => _bytes[Field.Static..Field.Timestamp];

    /// <summary>The TAI64N timestamp, sealed.</summary>
    public ReadOnlySpan<byte> Timestamp => _bytes[Field.Timestamp..Field.Macs];

    public MessageMacs Macs => new(_bytes);

    public static bool TryRead(ReadOnlySpan<byte> datagram, out InitiationMessage message)
    {
        var isInitiation = MessageHeader.Classify(datagram) == MessageKind.Initiation;
        message = new InitiationMessage(isInitiation ? datagram : []);
        return isInitiation;
    }

    /// <summary>Clears the message and writes its header; the spans are for the writer of the handshake.</summary>
    public static Fields Write(Span<byte> destination, uint sender)
    {
        var message = destination[..Size];
        message.Clear();
        MessageHeader.Write(message, MessageKind.Initiation, sender);
        return new Fields(message);
    }

    /// <summary>The parts of a message under construction.</summary>
    public readonly ref struct Fields(Span<byte> message)
    {
        private readonly Span<byte> _message = message;

        public Span<byte> Ephemeral => _message[Field.Ephemeral..Field.Static];

        public Span<byte> Static => _message[Field.Static..Field.Timestamp];

        public Span<byte> Timestamp => _message[Field.Timestamp..Field.Macs];
    }

    private static class Field
    {
        public const int Sender = 4;
        public const int Ephemeral = 8;
        public const int Static = 40;
        public const int Timestamp = 88;
        public const int Macs = 116;
    }
}
