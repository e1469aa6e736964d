using System.Buffers.Binary;

namespace Overlay.WireGuard.Protocol.Messages;

/// <summary>The two authenticators at the end of an initiation or a response (white paper, section 5.4.4).</summary>
internal readonly ref struct MessageMacs(ReadOnlySpan<byte> message)
{
    public const int Size = 16;

    private readonly ReadOnlySpan<byte> _message = message;

    /// <summary>What MAC1 covers.</summary>
    public ReadOnlySpan<byte> BeforeMac1 => _message[..^(2 * Size)];

    /// <summary>What MAC2 covers.</summary>
    public ReadOnlySpan<byte> BeforeMac2 => _message[..^Size];

    public ReadOnlySpan<byte> Mac1 => _message[^(2 * Size)..^Size];

    public ReadOnlySpan<byte> Mac2 => _message[^Size..];

    /// <summary>The index of the sender, which stands at the same place in both messages.</summary>
    public uint Sender => BinaryPrimitives.ReadUInt32LittleEndian(_message[4..]);
}
