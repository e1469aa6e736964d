namespace Overlay.WireGuard.Device.Offload;

/// <summary>The flags of a TCP header (RFC 9293), the last byte of them.</summary>
[Flags]
internal enum TcpFlags : byte
{
    Fin = 0x01,
    Push = 0x08,
    Acknowledge = 0x10,
    WindowReduced = 0x80,
}
