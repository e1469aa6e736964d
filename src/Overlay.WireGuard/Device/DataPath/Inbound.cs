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
        var cause = DropCause.None;
        switch (MessageHeader.Classify(datagram))
        {
            case MessageKind.Transport:
                TransportMessage.TryRead(datagram, out var message);
                cause = Find(message.Receiver, train, now);
                cause = cause == DropCause.None ? Open(message, train.TrafficClass) : cause;
                break;
            case MessageKind.None:
                cause = DropCause.Malformed;
                break;
            default:
                cause = plane.Inbox.TryPost(datagram, train.Path) ? DropCause.None : DropCause.QueueFull;
                break;
        }

        plane.Engine.Drops.Count(cause);
    }

    /// <summary>The session of an index, which is looked up once for datagrams that follow one another.</summary>
    private DropCause Find(uint receiver, in ReceivedDatagrams train, TimeSpan now)
    {
        if (_session?.LocalIndex == receiver)
        {
            return DropCause.None;
        }

        Settle(now);
        if (!plane.Engine.TryFindSession(receiver, out var peer, out var session))
        {
            return DropCause.UnknownIndex;
        }

        if (!session.CanReceive(now))
        {
            return DropCause.Expired;
        }

        (_peer, _session, _path) = (peer, session, train.Path);
        return DropCause.None;
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
