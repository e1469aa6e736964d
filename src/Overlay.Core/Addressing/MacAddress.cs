using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Overlay.Core.Addressing;

/// <summary>A 48-bit Ethernet address (IEEE 802).</summary>
public readonly record struct MacAddress
{
    /// <summary>The length on the wire, in bytes.</summary>
    public const int Size = 6;

    private readonly ulong _bits;

    private MacAddress(ulong bits) => _bits = bits;

    /// <summary>Whether all bits are zero; the kernel's VXLAN forwarding table uses that address for its default destination.</summary>
    public bool IsZero => _bits == 0;

    /// <summary>Reads the first six bytes of <paramref name="bytes"/>, in wire order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than six bytes.</exception>
    public static MacAddress Read(ReadOnlySpan<byte> bytes) =>
        new(((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes[2..Size]));

    /// <summary>A random address that is locally administered and unicast, so that no manufacturer owns it and udev leaves it (flannel-facts 5.V3).</summary>
    public static MacAddress CreateLocal(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> bytes = stackalloc byte[Size];
        random.NextBytes(bytes);
        bytes[0] = (byte)((bytes[0] & 0xFE) | 0x02);
        return Read(bytes);
    }

    /// <summary>Reads six two-digit hexadecimal numbers separated by colons, in either case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MacAddress address)
    {
        address = default;
        if (text is not { Length: (Size * 3) - 1 })
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Size];
        for (var i = 0; i < Size; i++)
        {
            var isSeparated = i == Size - 1 || text[(i * 3) + 2] == ':';
            if (!isSeparated || !byte.TryParse(text.AsSpan(i * 3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i]))
            {
                return false;
            }
        }

        address = Read(bytes);
        return true;
    }

    /// <summary>Writes six bytes, in wire order.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="destination"/> has fewer than six bytes.</exception>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(_bits >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..Size], (uint)_bits);
    }

    /// <summary>Six lower-case hexadecimal numbers separated by colons, as <c>ip link</c> prints them.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(byte)(_bits >> 40):x2}:{(byte)(_bits >> 32):x2}:{(byte)(_bits >> 24):x2}:{(byte)(_bits >> 16):x2}:{(byte)(_bits >> 8):x2}:{(byte)_bits:x2}");
}
