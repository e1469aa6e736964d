using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink;

/// <summary>One attribute of a message: a type and some bytes. Numbers are in the host's byte order unless a name says otherwise. A value that is
/// shorter than what it is read as reads as zero, so that no kernel can make a reader throw.</summary>
public readonly ref struct NetlinkAttribute
{
    internal NetlinkAttribute(ushort type, ReadOnlySpan<byte> value)
    {
        Type = (ushort)(type & NLA_TYPE_MASK);
        Value = value;
    }

    /// <summary>The type without its flag bits.</summary>
    public ushort Type { get; }

    /// <summary>The value without padding.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>The value as a number of one byte.</summary>
    public byte AsByte() => Value.Length >= sizeof(byte) ? Value[0] : (byte)0;

    /// <summary>The value as a number of two bytes.</summary>
    public ushort AsUInt16() => Value.Length >= sizeof(ushort) ? MemoryMarshal.Read<ushort>(Value) : (ushort)0;

    /// <summary>The value as a number of two bytes in network order.</summary>
    public ushort AsBigEndianUInt16() => Value.Length >= sizeof(ushort) ? BinaryPrimitives.ReadUInt16BigEndian(Value) : (ushort)0;

    /// <summary>The value as a number of four bytes.</summary>
    public uint AsUInt32() => Value.Length >= sizeof(uint) ? MemoryMarshal.Read<uint>(Value) : 0;

    /// <summary>The value as a number of four bytes in network order.</summary>
    public uint AsBigEndianUInt32() => Value.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32BigEndian(Value) : 0;

    /// <summary>The value as a signed number of four bytes.</summary>
    public int AsInt32() => (int)AsUInt32();

    /// <summary>The value as a number of eight bytes.</summary>
    public ulong AsUInt64() => Value.Length >= sizeof(ulong) ? MemoryMarshal.Read<ulong>(Value) : 0;

    /// <summary>The value as text up to its terminating zero, still in bytes.</summary>
    public ReadOnlySpan<byte> AsTextBytes()
    {
        var end = Value.IndexOf((byte)0);
        return end < 0 ? Value : Value[..end];
    }

    /// <summary>The value as text. This allocates the string; everything else here allocates nothing.</summary>
    public string AsText() => Encoding.UTF8.GetString(AsTextBytes());

    /// <summary>The value as an IP address; no address unless it has four or sixteen bytes.</summary>
    public InetAddress AsAddress() => InetAddress.Read(Value);

    /// <summary>The value as an Ethernet address; zero unless it has six bytes.</summary>
    public MacAddress AsMac() => Value.Length == MacAddress.Size ? MacAddress.Read(Value) : default;

    /// <summary>The value as a list of attributes.</summary>
    public NetlinkAttributeReader AsNested() => new(Value);
}
