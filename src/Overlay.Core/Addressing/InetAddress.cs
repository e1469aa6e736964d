using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Overlay.Core.Addressing;

/// <summary>An IPv4 or IPv6 address as a plain value. <see cref="IPAddress"/> is an object; tables with one address per peer and
/// parsers of kernel messages use this instead, because it costs no allocation and hashes fast.</summary>
public readonly record struct InetAddress : IComparable<InetAddress>
{
    // Two halves, because a UInt128 field would be aligned to 16 bytes and make every address 32 bytes large instead of 24.
    private readonly ulong _upper;
    private readonly ulong _lower;
    private readonly byte _length;

    private InetAddress(UInt128 bits, byte length)
    {
        _upper = (ulong)(bits >> 64);
        _lower = (ulong)bits;
        _length = length;
    }

    /// <summary>Takes over the address; an IPv6 scope id is dropped.</summary>
    public InetAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        this = Read(bytes[..length]);
    }

    /// <summary>Whether this is no address at all, the value of <c>default</c>.</summary>
    public bool IsNone => _length == 0;

    /// <summary>Whether the address is of IPv6.</summary>
    public bool IsIPv6 => _length == 16;

    /// <summary>The family as sockets name it.</summary>
    public AddressFamily Family => _length switch
    {
        4 => AddressFamily.InterNetwork,
        16 => AddressFamily.InterNetworkV6,
        _ => AddressFamily.Unspecified,
    };

    /// <summary>The length on the wire, in bytes: 4, 16, or 0 for no address.</summary>
    public int Size => _length;

    /// <summary>The address as a number: 32 bits wide for IPv4, 128 for IPv6.</summary>
    public UInt128 Value => new(_upper, _lower);

    /// <summary>Makes an IPv4 address from a number in host order.</summary>
    public static InetAddress FromIPv4(uint value) => new(value, 4);

    /// <summary>Makes an IPv6 address from a number in host order.</summary>
    public static InetAddress FromIPv6(UInt128 value) => new(value, 16);

    /// <summary>Reads four or sixteen bytes in network order; any other length gives no address.</summary>
    public static InetAddress Read(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => new(BinaryPrimitives.ReadUInt32BigEndian(bytes), 4),
        16 => new(BinaryPrimitives.ReadUInt128BigEndian(bytes), 16),
        _ => default,
    };

    /// <summary>Reads an address in text form, as <see cref="IPAddress.TryParse(string, out IPAddress)"/> does.</summary>
    /// <exception cref="FormatException">The text is no address.</exception>
    public static InetAddress Parse(string text) => new(IPAddress.Parse(text));

    /// <summary>Another address of the same family.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is wider than the family's addresses.</exception>
    public InetAddress WithValue(UInt128 value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, UInt128.MaxValue >> (128 - (_length * 8)));
        return new(value, _length);
    }

    /// <summary>Writes <see cref="Size"/> bytes in network order.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="destination"/> is shorter.</exception>
    public void Write(Span<byte> destination)
    {
        if (_length == 4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_lower);
        }
        else if (_length == 16)
        {
            BinaryPrimitives.WriteUInt128BigEndian(destination, Value);
        }
    }

    /// <summary>The same address as an object.</summary>
    /// <exception cref="InvalidOperationException">This is no address.</exception>
    public IPAddress ToIPAddress()
    {
        if (IsNone)
        {
            throw new InvalidOperationException("This value holds no address.");
        }

        Span<byte> bytes = stackalloc byte[16];
        Write(bytes);
        return new IPAddress(bytes[..Size]);
    }

    /// <summary>Orders IPv4 before IPv6, then by number.</summary>
    public int CompareTo(InetAddress other) => _length != other._length ? _length.CompareTo(other._length) : Value.CompareTo(other.Value);

    /// <summary>The usual text form, or <c>none</c>.</summary>
    public override string ToString() => IsNone ? "none" : ToIPAddress().ToString();

#pragma warning disable CS1591 // Comparison operators say what CompareTo says.
    public static bool operator <(InetAddress left, InetAddress right) => left.CompareTo(right) < 0;

    public static bool operator <=(InetAddress left, InetAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >(InetAddress left, InetAddress right) => left.CompareTo(right) > 0;

    public static bool operator >=(InetAddress left, InetAddress right) => left.CompareTo(right) >= 0;
#pragma warning restore CS1591
}
