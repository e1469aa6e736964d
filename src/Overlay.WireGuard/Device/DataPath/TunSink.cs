using Overlay.Linux.Interop;
using Overlay.WireGuard.Device.Offload;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Writes to the TUN device, each flow to a queue of its own.</summary>
internal sealed class TunSink(IReadOnlyList<ITunQueue> queues, DropCounters drops) : ISuperPacketSink
{
    public void Write(ReadOnlySpan<byte> frame, int packets)
    {
        if (queues[FlowSpread.QueueOf(frame[VirtioHeader.Size..], queues.Count)].Write(frame) != 0)
        {
            drops.Count(DropCause.NotDelivered, packets);
        }
    }
}
