using System.Runtime.InteropServices;

namespace Overlay.WireGuard.Device.Offload;

/// <summary>What precedes each packet of a TUN device (struct virtio_net_hdr of linux/virtio_net.h; in the host's byte order): what of the packet is
/// still to be done.</summary>
internal readonly record struct VirtioHeader(byte Flags, VirtioSegmentation Segmentation, ushort HeaderLength, ushort SegmentSize, ushort ChecksumStart, ushort ChecksumOffset)
{
    public const int Size = 10;

    /// <summary>VIRTIO_NET_HDR_F_NEEDS_CSUM: the checksum field holds the sum of the pseudo header only.</summary>
    public const byte NeedsChecksum = 1;

    /// <summary>VIRTIO_NET_HDR_F_DATA_VALID: the checksum was checked.</summary>
    public const byte DataIsValid = 2;

    public static VirtioHeader Read(ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ushort>(bytes[2..Size]);
        // The flag for congestion marks (VIRTIO_NET_HDR_GSO_ECN) is not asked for, and never comes.
        return new VirtioHeader(bytes[0], (VirtioSegmentation)bytes[1], words[0], words[1], words[2], words[3]);
    }

    public void Write(Span<byte> bytes)
    {
        bytes[0] = Flags;
        bytes[1] = (byte)Segmentation;
        var words = MemoryMarshal.Cast<byte, ushort>(bytes[2..Size]);
        (words[0], words[1], words[2], words[3]) = (HeaderLength, SegmentSize, ChecksumStart, ChecksumOffset);
    }
}

/// <summary>VIRTIO_NET_HDR_GSO_*: how a packet that is longer than the MTU is to be cut.</summary>
internal enum VirtioSegmentation : byte
{
    None = 0,
    TcpIPv4 = 1,
    TcpIPv6 = 4,
    Udp = 5,
}
