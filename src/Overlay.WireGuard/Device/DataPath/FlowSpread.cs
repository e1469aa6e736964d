using System.Buffers.Binary;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Gives each flow one of the interface's queues. The kernel sends a flow's answers by the queue that its packets were last written to (tun_flow_update of
/// drivers/net/tun.c): all that one thread has received would come back to that thread alone, while the others have nothing to do.</summary>
internal static class FlowSpread
{
    private const byte Tcp = 6;
    private const byte Udp = 17;

    /// <summary>The queue of the flow that an IP packet is of: by its addresses and, of TCP and UDP, its ports.</summary>
    public static int QueueOf(ReadOnlySpan<byte> packet, int queues)
    {
        if (queues == 1 || packet.Length < 20)
        {
            return 0;
        }

        var isIPv6 = packet[0] >> 4 == 6;
        if (isIPv6 && packet.Length < 40)
        {
            return 0;
        }

        var ports = isIPv6 ? 40 : (packet[0] & 15) * 4;
        // The ports stand in the first fragment alone, and all of them are to go one way.
        var isFragment = !isIPv6 && (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3FFF) != 0;
        var hash = new HashCode();
        hash.AddBytes(isIPv6 ? packet[8..40] : packet[12..20]);
        if (packet[isIPv6 ? 6 : 9] is Tcp or Udp && !isFragment && packet.Length >= ports + 4)
        {
            hash.AddBytes(packet.Slice(ports, 4));
        }

        return (int)((uint)hash.ToHashCode() % (uint)queues);
    }
}
