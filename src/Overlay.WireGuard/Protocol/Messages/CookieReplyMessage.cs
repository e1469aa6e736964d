using System.Buffers.Binary;

namespace Overlay.WireGuard.Protocol.Messages;

/// <summary>What a responder under load answers instead of a response (white paper, section 5.4.7).</summary>
internal readonly ref struct CookieReplyMessage
{
    public const int Size = 64;

    private readonly ReadOnlySpan<byte> _bytes;

    private CookieReplyMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The index of the message that was refused.</summary>
    public uint Receiver => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[Field.Receiver..]);

    public ReadOnlySpan<byte> Nonce => _bytes[Field.Nonce..Field.Cookie];

    /// <summary>The cookie, sealed with the refused message's MAC1 as associated data.</summary>
    public ReadOnlySpan<byte> Cookie => _bytes[Field.Cookie..];

    public static bool TryRead(ReadOnlySpan<byte> datagram, out CookieReplyMessage message)
    {
        var isReply = MessageHeader.Classify(datagram) == MessageKind.CookieReply;
        message = new CookieReplyMessage(isReply ? datagram : []);
        return isReply;
    }

    /// <summary>Writes the header; the spans are for the writer of the cookie.</summary>
    public static Fields Write(Span<byte> destination, uint receiver)
    {
        var message = destination[..Size];
        message.Clear();
        MessageHeader.Write(message, MessageKind.CookieReply, receiver);
        return new Fields(message);
    }

    /// <summary>The parts of a message under construction.</summary>
    public readonly ref struct Fields(Span<byte> message)
    {
        private readonly Span<byte> _message = message;

        public Span<byte> Nonce => _message[Field.Nonce..Field.Cookie];

        public Span<byte> Cookie => _message[Field.Cookie..];
    }

    private static class Field
    {
        public const int Receiver = 4;
        public const int Nonce = 8;
        public const int Cookie = 32;
    }
}
