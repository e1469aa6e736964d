using System.Runtime.InteropServices;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink;

/// <summary>Walks over the messages of a datagram. It ends at the first one whose length cannot be: a shorter one than its header, or one over the end.</summary>
public ref struct NetlinkMessageReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Begins before the first message.</summary>
    public NetlinkMessageReader(ReadOnlySpan<byte> datagram)
    {
        _rest = datagram;
        Current = default;
    }

    /// <summary>The message under the reader.</summary>
    public NetlinkMessage Current { readonly get; private set; }

    /// <summary>Makes <c>foreach</c> work.</summary>
    public readonly NetlinkMessageReader GetEnumerator() => this;

    /// <summary>Goes to the next message, if there is one.</summary>
    public bool MoveNext()
    {
        if (!MemoryMarshal.TryRead<nlmsghdr>(_rest, out var header)
            || header.nlmsg_len < NetlinkMessage.HeaderSize
            || header.nlmsg_len > (uint)_rest.Length)
        {
            return false;
        }

        var length = (int)header.nlmsg_len;
        Current = new NetlinkMessage(header, _rest[NetlinkMessage.HeaderSize..length]);
        _rest = _rest[Math.Min(_rest.Length, NetlinkAlignment.Up(length))..];
        return true;
    }
}
