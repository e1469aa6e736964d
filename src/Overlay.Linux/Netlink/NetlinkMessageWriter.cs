using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink;

/// <summary>Appends attributes to the message that <see cref="NetlinkBatch.Begin"/> began. Numbers are written in the host's byte order unless a name
/// says otherwise.</summary>
public readonly ref struct NetlinkMessageWriter
{
    private readonly NetlinkBatch _batch;
    private readonly int _start;

    internal NetlinkMessageWriter(NetlinkBatch batch, int start)
    {
        _batch = batch;
        _start = start;
    }

    /// <summary>Adds an attribute without a value; it says something by being there.</summary>
    public void Add(ushort type) => Append(type, 0);

    /// <summary>Adds a number of one byte.</summary>
    public void Add(ushort type, byte value) => Append(type, sizeof(byte))[0] = value;

    /// <summary>Adds a number of two bytes.</summary>
    public void Add(ushort type, ushort value) => MemoryMarshal.Write(Append(type, sizeof(ushort)), value);

    /// <summary>Adds a number of four bytes.</summary>
    public void Add(ushort type, uint value) => MemoryMarshal.Write(Append(type, sizeof(uint)), value);

    /// <summary>Adds a signed number of four bytes.</summary>
    public void Add(ushort type, int value) => MemoryMarshal.Write(Append(type, sizeof(int)), value);

    /// <summary>Adds a number of eight bytes.</summary>
    public void Add(ushort type, ulong value) => MemoryMarshal.Write(Append(type, sizeof(ulong)), value);

    /// <summary>Adds one byte: 1 or 0.</summary>
    public void Add(ushort type, bool value) => Add(type, value ? (byte)1 : (byte)0);

    /// <summary>Adds the bytes as they are.</summary>
    public void Add(ushort type, ReadOnlySpan<byte> value) => value.CopyTo(Append(type, value.Length));

    /// <summary>Adds the text with a terminating zero.</summary>
    public void Add(ushort type, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Encoding.UTF8.GetBytes(value, Append(type, Encoding.UTF8.GetByteCount(value) + 1));
    }

    /// <summary>Adds the address: four or sixteen bytes in network order.</summary>
    public void Add(ushort type, InetAddress value) => value.Write(Append(type, value.Size));

    /// <summary>Adds the six bytes of the address.</summary>
    public void Add(ushort type, MacAddress value) => value.Write(Append(type, MacAddress.Size));

    /// <summary>Adds a number of two bytes in network order.</summary>
    public void AddBigEndian(ushort type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Append(type, sizeof(ushort)), value);

    /// <summary>Adds a number of four bytes in network order.</summary>
    public void AddBigEndian(ushort type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(Append(type, sizeof(uint)), value);

    /// <summary>Begins an attribute that holds what is added until the returned value is disposed.</summary>
    /// <param name="type">The attribute's type.</param>
    /// <param name="isMarked">Whether the type carries NLA_F_NESTED, which newer families insist upon and older ones do not know.</param>
    public Nest Begin(ushort type, bool isMarked = true)
    {
        var start = _batch.Length;
        Append(isMarked ? (ushort)(type | NLA_F_NESTED) : type, 0);
        return new Nest(_batch, start);
    }

    /// <summary>Begins an attribute that holds another message's header and then what is added until the returned value is disposed.</summary>
    internal Nest Begin<THeader>(ushort type, scoped in THeader header)
        where THeader : unmanaged
    {
        var start = _batch.Length;
        MemoryMarshal.Write(Append((ushort)(type | NLA_F_NESTED), Unsafe.SizeOf<THeader>()), header);
        return new Nest(_batch, start);
    }

    /// <summary>Ends the message.</summary>
    public void Dispose() => _batch.EndMessage(_start);

    private Span<byte> Append(ushort type, int size)
    {
        var headerSize = Unsafe.SizeOf<nlattr>();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, ushort.MaxValue - headerSize);
        var attribute = _batch.Append(headerSize + size);
        MemoryMarshal.Write(attribute, new nlattr { nla_len = (ushort)(headerSize + size), nla_type = type });
        return attribute[headerSize..];
    }

    /// <summary>An open attribute; disposing it ends it.</summary>
#pragma warning disable CA1034 // It has no meaning without its writer.
    public readonly ref struct Nest
#pragma warning restore CA1034
    {
        private readonly NetlinkBatch _batch;
        private readonly int _start;

        internal Nest(NetlinkBatch batch, int start)
        {
            _batch = batch;
            _start = start;
        }

        /// <summary>Ends the attribute.</summary>
        public void Dispose() => _batch.EndNested(_start);
    }
}
