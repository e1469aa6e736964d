using System.Buffers.Binary;

namespace Overlay.WireGuard.Device.Offload;

/// <summary>The header of a super-packet, and what the next packet must be like to join it. The rules are those of the kernel's receive offload
/// (net/ipv4/tcp_offload.c, udp_offload.c), and stricter where it is lenient: the windows must be equal too.</summary>
internal struct FlowHeader
{
    // UDP_MAX_SEGMENTS, before it was raised: the kernel refuses to cut more.
    private const int MaximumUdpSegments = 64;

    private HeaderBytes _bytes;
    private TransportHeader _transport;
    private int _payload;
    private uint _nextSequence;
    private bool _isPushed;

    /// <summary>Whether another packet may join.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The length of IP and transport header.</summary>
    public readonly int Length => _transport.PayloadStart;

    private readonly bool IsTcp => _transport.Protocol == TransportHeader.Tcp;

    /// <summary>Reads the first packet; of one that is not to be joined, the result is not open.</summary>
    public static FlowHeader Read(ReadOnlySpan<byte> packet, bool joinsTcp, bool joinsUdp)
    {
        if (!TransportHeader.TryRead(packet, out var transport) || packet.Length == transport.PayloadStart)
        {
            return default;
        }

        var flow = new FlowHeader { _transport = transport, _payload = packet.Length - transport.PayloadStart };
        packet[..flow.Length].CopyTo(flow._bytes);
        var header = packet[transport.Start..];
        if (flow.IsTcp)
        {
            // Only what nothing is lost of: no connection begins or ends, no window is announced to be reduced.
            flow.IsOpen = joinsTcp && (TcpFlags)header[13] == TcpFlags.Acknowledge;
            flow._nextSequence = BinaryPrimitives.ReadUInt32BigEndian(header[4..]) + (uint)flow._payload;
        }
        else
        {
            // A datagram without a checksum would get one.
            flow.IsOpen = joinsUdp && InternetChecksum.Load(header[6..]) != 0;
        }

        return flow;
    }

    /// <summary>Whether the packet is the next of the flow; then it is taken in.</summary>
    public bool TryJoin(ReadOnlySpan<byte> packet, int segments)
    {
        var payload = packet.Length - Length;
        if (payload <= 0 || payload > _payload || !HasEqualNetworkHeader(packet, segments) || !HasEqualTransportHeader(packet[_transport.Start..], segments, out var flags))
        {
            return false;
        }

        _isPushed = (flags & TcpFlags.Push) != 0;
        _nextSequence += (uint)payload;
        IsOpen = payload == _payload && !_isPushed && (IsTcp || segments + 1 < MaximumUdpSegments);
        return true;
    }

    /// <summary>Makes the headers those of the whole, and says how it is to be cut.</summary>
    public readonly VirtioHeader Complete(Span<byte> packet)
    {
        var isIPv6 = packet[0] >> 4 == 6;
        if (isIPv6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - _transport.Start));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
            packet[10..12].Clear();
            InternetChecksum.Store(packet[10..], InternetChecksum.Finish(InternetChecksum.Add(0, packet[.._transport.Start])));
        }

        var header = packet[_transport.Start..];
        if (!IsTcp)
        {
            BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)header.Length);
        }
        else if (_isPushed)
        {
            header[13] |= (byte)TcpFlags.Push;
        }

        // What was authenticated needs no check; the kernel only has to have something to go on from when it cuts the packet again.
        InternetChecksum.Store(header[_transport.ChecksumOffset..], InternetChecksum.Fold(InternetChecksum.PseudoHeader(packet, _transport.Protocol, header.Length)));
        var segmentation = !IsTcp ? VirtioSegmentation.Udp : isIPv6 ? VirtioSegmentation.TcpIPv6 : VirtioSegmentation.TcpIPv4;
        return new VirtioHeader(VirtioHeader.NeedsChecksum, segmentation, (ushort)Length, (ushort)_payload, (ushort)_transport.Start, (ushort)_transport.ChecksumOffset);
    }

    private readonly bool HasEqualNetworkHeader(ReadOnlySpan<byte> packet, int segments)
    {
        ReadOnlySpan<byte> own = _bytes;
        if (packet[0] >> 4 == 6)
        {
            // All but the length.
            return own[..4].SequenceEqual(packet[..4]) && own[6..40].SequenceEqual(packet[6..40]);
        }

        // Version, traffic class; flags, time to live, protocol; addresses. The identification counts up, or does not matter where nothing may be fragmented.
        var step = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]) - BinaryPrimitives.ReadUInt16BigEndian(own[4..]);
        return own[..2].SequenceEqual(packet[..2]) && own[6..10].SequenceEqual(packet[6..10]) && own[12..20].SequenceEqual(packet[12..20])
            && ((packet[6] & 0x40) != 0 || (ushort)step == (ushort)segments)
            && BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) == packet.Length;
    }

    private readonly bool HasEqualTransportHeader(ReadOnlySpan<byte> header, int segments, out TcpFlags flags)
    {
        ReadOnlySpan<byte> own = _bytes;
        own = own[_transport.Start..Length];
        flags = default;
        if (!own[..4].SequenceEqual(header[..4]))
        {
            return false;
        }

        if (!IsTcp)
        {
            return BinaryPrimitives.ReadUInt16BigEndian(header[4..]) == header.Length && InternetChecksum.Load(header[6..]) != 0;
        }

        // Sequence, then all but the flags and the checksum.
        flags = (TcpFlags)header[13];
        return BinaryPrimitives.ReadUInt32BigEndian(header[4..]) == _nextSequence
            && (flags & ~TcpFlags.Push) == TcpFlags.Acknowledge
            && own[8..13].SequenceEqual(header[8..13])
            && own[14..16].SequenceEqual(header[14..16])
            && own[18..].SequenceEqual(header[18..own.Length]);
    }

    [System.Runtime.CompilerServices.InlineArray(128)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}
