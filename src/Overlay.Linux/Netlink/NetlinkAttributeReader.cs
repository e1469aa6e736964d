using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink;

/// <summary>Walks over attributes. It ends at the first one whose length cannot be: a shorter one than its header, or one over the end.</summary>
public ref struct NetlinkAttributeReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Begins before the first attribute.</summary>
    public NetlinkAttributeReader(ReadOnlySpan<byte> attributes)
    {
        _rest = attributes;
        Current = default;
    }

    /// <summary>The attribute under the reader.</summary>
    public NetlinkAttribute Current { readonly get; private set; }

    /// <summary>Makes <c>foreach</c> work.</summary>
    public readonly NetlinkAttributeReader GetEnumerator() => this;

    /// <summary>Goes to the next attribute, if there is one.</summary>
    public bool MoveNext()
    {
        var headerSize = Unsafe.SizeOf<nlattr>();
        if (_rest.Length < headerSize)
        {
            return false;
        }

        var header = MemoryMarshal.Read<nlattr>(_rest);
        if (header.nla_len < headerSize || header.nla_len > _rest.Length)
        {
            return false;
        }

        Current = new NetlinkAttribute(header.nla_type, _rest[headerSize..header.nla_len]);
        _rest = _rest[Math.Min(_rest.Length, NetlinkAlignment.Up(header.nla_len))..];
        return true;
    }
}
