using Overlay.WireGuard.Protocol.Packets;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Sends what waited for a session, before anything newer.</summary>
internal static class StagedSender
{
    /// <summary>Sends as long as there is a session; gives how many.</summary>
    public static int Drain(Peer peer, OutgoingTrain train, TimeSpan now)
    {
        lock (peer.Staged.Draining)
        {
            var count = 0;
            while (peer.SelectSession(now) is { } session && peer.Staged.TryTake(out var packet))
            {
                using (packet)
                {
                    if (InnerPacket.TryReadOutgoing(packet.Bytes, out var inner) && TunnelNesting.TryGetHopLimit(packet.Bytes, out var hopLimit) && session.TryReserve(1, out var counter))
                    {
                        train.AddCopy(peer, session, counter, packet.Bytes, new OuterHeader(Ecn.Encapsulate(inner.TrafficClass), hopLimit), now);
                        count++;
                    }
                    else
                    {
                        peer.Drops.Count(DropCause.NoSession);
                    }
                }
            }

            train.Flush(now);
            peer.Staged.Settle();
            return count;
        }
    }
}
