using Overlay.WireGuard.Protocol.Packets;

namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>The checks on what comes out of the tunnel.</summary>
internal sealed partial class ProtocolEngine
{
    /// <summary>Checks an opened payload in the order of the white paper, carries the outer packet's congestion mark over, and says how many of the
    /// bytes are the packet, without padding; zero for a keepalive. The caller counts the drops, once per batch.</summary>
    public DropCause Inspect(Peer peer, Span<byte> payload, byte outerTrafficClass, out int length)
    {
        length = 0;
        if (payload.IsEmpty)
        {
            return DropCause.None;
        }

        if (!InnerPacket.TryRead(payload, out var packet))
        {
            return DropCause.NotIp;
        }

        if (AllowedIps.Find(packet.Source) != peer)
        {
            return DropCause.NotAllowed;
        }

        var trafficClass = packet.TrafficClass;
        if (!Ecn.TryDecapsulate(outerTrafficClass, trafficClass, out var carried))
        {
            return DropCause.Congestion;
        }

        length = packet.Length;
        if (carried != trafficClass)
        {
            InnerPacket.SetTrafficClass(payload, carried);
        }

        return DropCause.None;
    }
}
