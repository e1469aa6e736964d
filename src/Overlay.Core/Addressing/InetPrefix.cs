using System.Net;

namespace Overlay.Core.Addressing;

/// <summary>An address with a prefix length, as a plain value; see <see cref="InetAddress"/> for the reason. Host bits are kept,
/// because an interface address such as <c>10.244.1.1/24</c> has them.</summary>
public readonly record struct InetPrefix
{
    /// <summary>Joins the two.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or over the address's own: 32 or 128 bits.</exception>
    public InetPrefix(InetAddress address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, address.Size * 8);
        Address = address;
        Length = (byte)length;
    }

    /// <summary>Takes over a subnet.</summary>
    public InetPrefix(IPNetwork network)
        : this(new InetAddress(network.BaseAddress), network.PrefixLength)
    {
    }

    /// <summary>The address, host bits included.</summary>
    public InetAddress Address { get; }

    /// <summary>How many leading bits are the prefix.</summary>
    public byte Length { get; }

    /// <summary>Whether the prefix has one address only: /32 or /128.</summary>
    public bool IsHost => Length == Address.Size * 8;

    /// <summary>How many trailing bits are the host's.</summary>
    public int HostBits => (Address.Size * 8) - Length;

    /// <summary>The last address of the prefix: all host bits set.</summary>
    public InetAddress LastAddress => Address.WithValue(Address.Value | HostMask);

    // A shift by the full width is a shift by zero in C#.
    private UInt128 HostMask => HostBits >= 128 ? UInt128.MaxValue : (UInt128.One << HostBits) - 1;

    /// <summary>The same prefix with its host bits cleared.</summary>
    public InetPrefix Masked() => new(Address.WithValue(Address.Value & ~HostMask), Length);

    /// <summary>The same prefix as an object with its host bits cleared.</summary>
    /// <exception cref="InvalidOperationException">The prefix has no address.</exception>
    public IPNetwork ToIPNetwork() => new(Masked().Address.ToIPAddress(), Length);

    /// <summary>The single-address prefix of <paramref name="address"/>.</summary>
    public static InetPrefix Host(InetAddress address) => new(address, address.Size * 8);

    /// <summary>Reads <c>address/length</c>.</summary>
    /// <exception cref="FormatException">The text has no such form.</exception>
    public static InetPrefix Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var address = InetAddress.Parse(slash < 0 ? text : text[..slash]);
        return slash < 0 ? Host(address) : new InetPrefix(address, int.Parse(text.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Whether <paramref name="address"/> is of the same family and has the same leading bits.</summary>
    public bool Contains(InetAddress address) => address.Size == Address.Size && ((address.Value ^ Address.Value) & ~HostMask) == 0;

    /// <summary>Whether every address of <paramref name="other"/> is in this prefix.</summary>
    public bool Contains(InetPrefix other) => other.Length >= Length && Contains(other.Address);

    /// <summary><c>address/length</c>.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Address}/{Length}");
}
