using System.Globalization;
using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;

namespace Overlay.Benchmarks;

/// <summary>A peer of a made-up network, by its number: a /24 of 10.0.0.0/8, a MAC address and an address of 198.18.0.0/15 (RFC 2544's range for
/// benchmarks).</summary>
/// <param name="Subnet">Its subnet.</param>
/// <param name="Mac">Its VTEP's Ethernet address.</param>
/// <param name="Remote">Its public address.</param>
public readonly record struct SamplePeer(InetPrefix Subnet, MacAddress Mac, InetAddress Remote)
{
    /// <summary>The network of all of them.</summary>
    public const string Network = "10.0.0.0/8";

    /// <summary>The prefix length of each subnet.</summary>
    public const int SubnetLength = 24;

    /// <summary>Makes the peer; numbers start with 0 and end below 65,000.</summary>
    public static SamplePeer At(int number)
    {
        Span<byte> mac = [0x02, 0x42, 0, (byte)(number >> 16), (byte)(number >> 8), (byte)number];
        return new SamplePeer(
            new InetPrefix(InetAddress.FromIPv4(0x0A_00_00_00u + ((uint)(number + 256) << 8)), SubnetLength),
            MacAddress.Read(mac),
            InetAddress.FromIPv4(0xC6_12_00_00u + (uint)number + 2));
    }

    /// <summary>The peer's lease.</summary>
    public Lease ToLease() => new()
    {
        Subnets = new SubnetPair(new IPNetwork(Subnet.Address.ToIPAddress(), Subnet.Length), null),
        Attributes = new LeaseAttributes
        {
            PublicAddresses = new AddressPair(Remote.ToIPAddress(), null),
            BackendType = "vxlan",
            BackendData = string.Create(CultureInfo.InvariantCulture, $$"""{"VNI":1,"VtepMAC":"{{Mac}}"}"""),
        },
    };
}
