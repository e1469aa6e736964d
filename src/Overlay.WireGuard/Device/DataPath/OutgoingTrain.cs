using Overlay.Linux.Interop;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Packets;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Protocol.Sessions;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Sealed packets for one peer, one after the other in a fixed buffer, sent in one call. For one thread.</summary>
internal sealed class OutgoingTrain(DataPlane plane, int queue)
{
    /// <summary>The most that one call may take with either family: 65,535 bytes with the headers of IP and UDP.</summary>
    private const int MaximumBytes = 65487;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(MaximumBytes, pinned: true);
    private Peer? _peer;
    private OuterHeader _outer;
    private int _used;
    private int _segmentSize;
    private int _count;
    private bool _isClosed;
    private bool _hasData;

    /// <summary>The longest TCP packet whose segments fill no more than one train, in bytes: of longer ones, the rest would be a train of its own, and the receiver would
    /// join the pieces of two.</summary>
    public static int LongestSuperPacket(int mtu)
    {
        const int headers = 20 + 32; // IPv4, and TCP with timestamps.
        var segments = Math.Clamp(MaximumBytes / Session.MessageSize(mtu), 1, UdpSocket.MaximumSegments);
        return headers + (segments * (mtu - headers));
    }

    /// <summary>Seals a padded payload behind those that are here, after sending these if it does not fit to them.</summary>
    public void Add(Peer peer, Session session, ulong counter, ReadOnlySpan<byte> payload, OuterHeader outer, TimeSpan now)
    {
        if (TryMakeRoom(peer, payload.Length, outer, now, out var message))
        {
            Seal(session, counter, payload, message);
        }
    }

    /// <summary>Copies a packet, pads and seals it behind those that are here.</summary>
    public void AddCopy(Peer peer, Session session, ulong counter, ReadOnlySpan<byte> packet, OuterHeader outer, TimeSpan now)
    {
        var length = Padding.PaddedLength(packet.Length, plane.Mtu);
        if (TryMakeRoom(peer, length, outer, now, out var message))
        {
            var payload = message.Slice(TransportMessage.HeaderSize, length);
            packet.CopyTo(payload);
            payload[packet.Length..].Clear();
            Seal(session, counter, payload, message);
        }
    }

    /// <summary>Sends what is here.</summary>
    public void Flush(TimeSpan now)
    {
        if (_count == 0)
        {
            return;
        }

        var peer = _peer!;
        Send(peer);
        var actions = peer.Sent(_used, _hasData, now);
        plane.Inbox.Post(peer, actions);
        (_peer, _used, _count, _isClosed, _hasData) = (null, 0, 0, false, false);
    }

    private bool TryMakeRoom(Peer peer, int payload, OuterHeader outer, TimeSpan now, out Span<byte> message)
    {
        var size = Session.MessageSize(payload);
        if (_count > 0 && (_peer != peer || _isClosed || size > _segmentSize || _outer != outer || _count == UdpSocket.MaximumSegments || _used + size > MaximumBytes))
        {
            Flush(now);
        }

        if (_count == 0)
        {
            (_peer, _segmentSize, _outer) = (peer, size, outer);
        }

        var fits = size <= MaximumBytes;
        message = fits ? _buffer.AsSpan(_used, size) : default;
        peer.Drops.Count(fits ? DropCause.None : DropCause.NotSent);
        return fits;
    }

    private void Seal(Session session, ulong counter, ReadOnlySpan<byte> payload, Span<byte> message)
    {
        if (!session.TrySeal(counter, payload, message))
        {
            _peer!.Drops.Count(DropCause.NoSession);
            return;
        }

        _used += message.Length;
        _count++;
        _isClosed = message.Length < _segmentSize;
        _hasData |= payload.Length > 0;
    }

    /// <summary>A source address that is gone is refused; then the kernel is to choose one.</summary>
    private void Send(Peer peer)
    {
        var result = SendOnce(peer);
        if (result.Refused == _count && EndpointPath.MayBeAboutSource(result.Errno) && peer.Endpoint is { HasSource: true })
        {
            peer.ForgetSource();
            result = SendOnce(peer);
        }

        if (result.Refused > 0)
        {
            peer.Drops.Count(DropCause.NotSent, result.Refused);
        }
    }

    private SendResult SendOnce(Peer peer) => peer.Endpoint is not { } endpoint ? new SendResult(_count, Uapi.EHOSTUNREACH) : plane.Send(queue, new OutgoingDatagrams
    {
        Bytes = _buffer.AsSpan(0, _used),
        SegmentSize = _segmentSize,
        Path = endpoint.ToPath(),
        TrafficClass = _outer.TrafficClass,
        HopLimit = _outer.HopLimit,
    });
}
