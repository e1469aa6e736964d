using System.Buffers.Binary;

namespace Overlay.WireGuard.Protocol.Messages;

/// <summary>What every message begins with.</summary>
internal static class MessageHeader
{
    /// <summary>The kind of a datagram whose length and reserved bytes are right for it; everything else is <see cref="MessageKind.None"/>.</summary>
    public static MessageKind Classify(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < TransportMessage.MinimumSize)
        {
            return MessageKind.None;
        }

        // One comparison for the kind and the three reserved bytes.
        return (MessageKind)BinaryPrimitives.ReadUInt32LittleEndian(datagram) switch
        {
            MessageKind.Transport => MessageKind.Transport,
            MessageKind.Initiation when datagram.Length == InitiationMessage.Size => MessageKind.Initiation,
            MessageKind.Response when datagram.Length == ResponseMessage.Size => MessageKind.Response,
            MessageKind.CookieReply when datagram.Length == CookieReplyMessage.Size => MessageKind.CookieReply,
            _ => MessageKind.None,
        };
    }

    public static void Write(Span<byte> message, MessageKind kind, uint index)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)kind);
        BinaryPrimitives.WriteUInt32LittleEndian(message[4..], index);
    }
}
