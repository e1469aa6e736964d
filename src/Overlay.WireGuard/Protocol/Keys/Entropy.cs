using System.Security.Cryptography;

namespace Overlay.WireGuard.Protocol.Keys;

/// <summary>Where ephemeral keys, indices, nonces and cookie secrets come from. A test puts known bytes in its place.</summary>
internal abstract class Entropy
{
    public static Entropy System { get; } = new OperatingSystemEntropy();

    /// <summary>Fills the whole span with unpredictable bytes; called from any thread.</summary>
    public abstract void Fill(Span<byte> destination);

    public uint NextUInt32()
    {
        uint value = 0;
        Fill(global::System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<uint>(ref value)));
        return value;
    }

    private sealed class OperatingSystemEntropy : Entropy
    {
        public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
    }
}
