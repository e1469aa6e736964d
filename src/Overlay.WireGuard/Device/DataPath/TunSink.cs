using Overlay.Linux.Interop;
using Overlay.WireGuard.Device.Offload;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Writes to the TUN device.</summary>
internal sealed class TunSink(ITunQueue tun, DropCounters drops) : ISuperPacketSink
{
    public void Write(ReadOnlySpan<byte> frame, int packets)
    {
        if (tun.Write(frame) != 0)
        {
            drops.Count(DropCause.NotDelivered, packets);
        }
    }
}
