using Overlay.Linux.Interop;
using Overlay.WireGuard.Device.Offload;
using Overlay.WireGuard.Protocol.Packets;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Writes to the TUN device, each flow to a queue of its own.</summary>
internal sealed class TunSink(IReadOnlyList<ITunQueue> queues, ProtocolEngine engine) : ISuperPacketSink
{
    public void Write(ReadOnlySpan<byte> frame, int packets)
    {
        if (queues[FlowSpread.QueueOf(frame[VirtioHeader.Size..], queues.Count)].Write(frame) != 0)
        {
            DropsOf(frame).Count(DropCause.NotDelivered, packets);
        }
    }

    // Joined packets are of one flow, so of one peer.
    private DropCounters DropsOf(ReadOnlySpan<byte> frame) =>
        InnerPacket.TryReadOutgoing(frame[VirtioHeader.Size..], out var packet) && engine.AllowedIps.Find(packet.Source) is { } peer ? peer.Drops : engine.Drops;
}
