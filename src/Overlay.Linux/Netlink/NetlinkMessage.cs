using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink;

/// <summary>A view over one message. Its header (<c>nlmsghdr</c> of linux/netlink.h) is in the host's byte order.</summary>
public readonly ref struct NetlinkMessage
{
    private readonly nlmsghdr _header;

    internal NetlinkMessage(scoped in nlmsghdr header, ReadOnlySpan<byte> payload)
    {
        _header = header;
        Payload = payload;
    }

    /// <summary>The size of the header, in bytes.</summary>
    public const int HeaderSize = 16;

    /// <summary>What the message is; its meaning depends on the protocol.</summary>
    public ushort Type => _header.nlmsg_type;

    /// <summary>The header's flags.</summary>
    public NetlinkFlags Flags => (NetlinkFlags)_header.nlmsg_flags;

    /// <summary>The number of the request that this message answers or announces; 0 for what nobody asked for.</summary>
    public uint Sequence => _header.nlmsg_seq;

    /// <summary>The port id of the socket whose request this message answers or announces; 0 for the kernel.</summary>
    public uint PortId => _header.nlmsg_pid;

    /// <summary>What follows the header: the family's own header, then attributes.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Whether this message ends a dump.</summary>
    internal bool IsDone => Type == NLMSG_DONE;

    /// <summary>Whether this message is a verdict on a request.</summary>
    internal bool IsVerdict => Type == NLMSG_ERROR;

    /// <summary>Reads the family's own header at the start of the payload, and gives the attributes behind it.</summary>
    public bool TryRead<THeader>(out THeader header, out NetlinkAttributeReader attributes)
        where THeader : unmanaged
    {
        if (!MemoryMarshal.TryRead(Payload, out header))
        {
            attributes = default;
            return false;
        }

        attributes = new NetlinkAttributeReader(Payload[Math.Min(Payload.Length, NetlinkAlignment.Up(Unsafe.SizeOf<THeader>()))..]);
        return true;
    }
}
