using Overlay.Linux.Interop;
using Overlay.WireGuard.Device.Offload;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Protocol.Sessions;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>The way of datagrams from the network to the interface: open, check, join, write. For one thread, which does all of it; only handshakes go to
/// another.</summary>
internal sealed class Inbound(DataPlane plane, SuperPacket packet)
{
    private Peer? _peer;
    private Session? _session;
    private DatagramPath _path;
    private int _bytes;
    private bool _hasData;

    /// <summary>Takes what has arrived, and gives the number of datagrams.</summary>
    public int Process(UdpInbox inbox, TimeSpan now)
    {
        var datagrams = 0;
        for (var i = 0; i < inbox.Count; i++)
        {
            ref readonly var train = ref inbox[i];
            var bytes = inbox.Bytes(i);
            if (bytes.IsEmpty)
            {
                plane.Engine.Drops.Count(DropCause.Malformed);
            }

            if (_session is not null && _path != train.Path)
            {
                Settle(now);
            }

            for (; !bytes.IsEmpty; bytes = bytes[Math.Min(train.SegmentSize, bytes.Length)..])
            {
                Process(bytes[..Math.Min(train.SegmentSize, bytes.Length)], train, now);
                datagrams++;
            }
        }

        Settle(now);
        packet.Finish();
        return datagrams;
    }

    private void Process(Span<byte> datagram, in ReceivedDatagrams train, TimeSpan now)
    {
        switch (MessageHeader.Classify(datagram))
        {
            case MessageKind.Transport:
                TransportMessage.TryRead(datagram, out var message);
                if (TryFind(message.Receiver, train, now))
                {
                    _peer!.Drops.Count(Open(message, train.TrafficClass));
                }

                break;
            case MessageKind.None:
                plane.Engine.Drops.Count(DropCause.Malformed);
                break;
            default:
                plane.Engine.Drops.Count(plane.Inbox.TryPost(datagram, train.Path) ? DropCause.None : DropCause.QueueFull);
                break;
        }
    }

    /// <summary>The session of an index, which is looked up once for datagrams that follow one another.</summary>
    private bool TryFind(uint receiver, in ReceivedDatagrams train, TimeSpan now)
    {
        if (_session?.LocalIndex == receiver)
        {
            return true;
        }

        Settle(now);
        if (!plane.Engine.TryFindSession(receiver, out var peer, out var session))
        {
            plane.Engine.Drops.Count(DropCause.UnknownIndex);
            return false;
        }

        if (!session.CanReceive(now))
        {
            peer.Drops.Count(DropCause.Expired);
            return false;
        }

        (_peer, _session, _path) = (peer, session, train.Path);
        return true;
    }

    private DropCause Open(TransportMessage message, byte trafficClass)
    {
        var room = packet.Reserve(message.Sealed.Length - TransportMessage.TagSize);
        var result = _session!.Open(message, room);
        if (result != OpenResult.Opened)
        {
            packet.Abandon();
            return result == OpenResult.Forged ? DropCause.Forged : DropCause.Replayed;
        }

        _bytes += room.Length + TransportMessage.Overhead;
        _hasData |= !room.IsEmpty;
        var cause = plane.Engine.Inspect(_peer!, room, trafficClass, out var length);
        if (length > 0 && cause == DropCause.None)
        {
            packet.Add(length);
        }
        else
        {
            packet.Abandon();
        }

        return cause;
    }

    /// <summary>Tells the peer what came of it.</summary>
    private void Settle(TimeSpan now)
    {
        if (_bytes > 0)
        {
            plane.Inbox.Post(_peer!, _peer!.Received(_session!, _path.ToEndpoint(), _bytes, _hasData, now));
        }

        (_peer, _session, _bytes, _hasData) = (null, null, 0, false);
    }
}
