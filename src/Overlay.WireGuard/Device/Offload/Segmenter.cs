using System.Buffers.Binary;

namespace Overlay.WireGuard.Device.Offload;

/// <summary>Cuts what a TUN device gives into packets of the MTU, and finishes their checksums, without moving their payload: the header of the next segment is written
/// over the end of the one before, which has been used by then.
/// <code>
/// read:      | header | payload 1 | payload 2 | payload 3 |
/// segment 1: | header | payload 1 |
/// segment 2:           | header   | payload 2 |
/// </code>
/// </summary>
internal ref struct Segmenter
{
    /// <summary>The longest IP and transport headers that are cut.</summary>
    public const int MaximumHeader = 160;

    private readonly VirtioHeader _header;
    private readonly Span<byte> _packet;
    private readonly Span<byte> _template;
    private readonly int _headerLength;
    private int _index = -1;

    private Segmenter(in VirtioHeader header, Span<byte> packet, Span<byte> template, int headerLength)
    {
        _header = header;
        _packet = packet;
        _template = template;
        _headerLength = headerLength;
        Count = header.Segmentation == VirtioSegmentation.None ? 1 : (packet.Length - headerLength + header.SegmentSize - 1) / header.SegmentSize;
    }

    /// <summary>How many packets there are.</summary>
    public readonly int Count { get; }

    private readonly bool IsIPv6 => _packet[0] >> 4 == 6;

    private readonly bool IsTcp => _header.Segmentation != VirtioSegmentation.Udp;

    /// <summary>Fails when the header and the packet do not fit to each other. <paramref name="packet"/> has at least an IP header;
    /// <paramref name="scratch"/> has <see cref="MaximumHeader"/> bytes.</summary>
    public static bool TryBegin(in VirtioHeader header, Span<byte> packet, Span<byte> scratch, out Segmenter segmenter)
    {
        segmenter = default;
        if (header.Segmentation == VirtioSegmentation.None)
        {
            segmenter = new Segmenter(header, packet, default, 0);
            return (header.Flags & VirtioHeader.NeedsChecksum) == 0 || header.ChecksumStart + header.ChecksumOffset + sizeof(ushort) <= packet.Length;
        }

        var isIPv6 = packet[0] >> 4 == 6;
        var isTcp = header.Segmentation != VirtioSegmentation.Udp;
        if (header.SegmentSize == 0 || header.ChecksumStart < (isIPv6 ? 40 : 20) || header.ChecksumStart + (isTcp ? 20 : 8) > packet.Length
            || (header.Segmentation is not VirtioSegmentation.Udp && isIPv6 != (header.Segmentation == VirtioSegmentation.TcpIPv6)))
        {
            return false;
        }

        var length = header.ChecksumStart + (isTcp ? (packet[header.ChecksumStart + 12] >> 4) * 4 : 8);
        if (length > Math.Min(MaximumHeader, packet.Length))
        {
            return false;
        }

        var template = scratch[..length];
        packet[..length].CopyTo(template);
        segmenter = new Segmenter(header, packet, template, length);
        return true;
    }

    /// <summary>Gives the next packet; the one before must not be looked at any more.</summary>
    public bool MoveNext(out Range segment)
    {
        segment = default;
        if (++_index >= Count)
        {
            return false;
        }

        if (_header.Segmentation == VirtioSegmentation.None)
        {
            FinishChecksum();
            segment = .._packet.Length;
            return true;
        }

        var offset = _index * _header.SegmentSize;
        var payload = Math.Min(_header.SegmentSize, _packet.Length - _headerLength - offset);
        segment = offset..(offset + _headerLength + payload);
        WriteHeader(_packet[segment], offset);
        return true;
    }

    private readonly void FinishChecksum()
    {
        if ((_header.Flags & VirtioHeader.NeedsChecksum) != 0)
        {
            // The field holds the sum of the pseudo header.
            var sum = InternetChecksum.Add(0, _packet[_header.ChecksumStart..]);
            var isUdp = _header.ChecksumOffset == 6;
            InternetChecksum.Store(_packet[(_header.ChecksumStart + _header.ChecksumOffset)..], isUdp ? InternetChecksum.FinishUdp(sum) : InternetChecksum.Finish(sum));
        }
    }

    private readonly void WriteHeader(Span<byte> segment, int offset)
    {
        _template.CopyTo(segment);
        if (IsIPv6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(segment[4..], (ushort)(segment.Length - 40));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(segment[2..], (ushort)segment.Length);
            BinaryPrimitives.WriteUInt16BigEndian(segment[4..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(segment[4..]) + _index));
            segment[10..12].Clear();
            InternetChecksum.Store(segment[10..], InternetChecksum.Finish(InternetChecksum.Add(0, segment[..((segment[0] & 15) * 4)])));
        }

        var transport = segment[_header.ChecksumStart..];
        if (IsTcp)
        {
            BinaryPrimitives.WriteUInt32BigEndian(transport[4..], BinaryPrimitives.ReadUInt32BigEndian(transport[4..]) + (uint)offset);
            transport[13] &= (byte)~((_index > 0 ? TcpFlags.WindowReduced : 0) | (_index < Count - 1 ? TcpFlags.Fin | TcpFlags.Push : 0));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(transport[4..], (ushort)transport.Length);
        }

        var field = transport[(IsTcp ? 16 : 6)..];
        field[..2].Clear();
        var sum = InternetChecksum.Add(InternetChecksum.PseudoHeader(segment, IsTcp ? TransportHeader.Tcp : TransportHeader.Udp, transport.Length), transport);
        InternetChecksum.Store(field, IsTcp ? InternetChecksum.Finish(sum) : InternetChecksum.FinishUdp(sum));
    }
}
