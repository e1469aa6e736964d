using Overlay.Core.Addressing;

namespace Overlay.Linux.Backends.Vxlan;

/// <summary>What is chosen once, when the network is opened, and stays through every change of the underlay.</summary>
/// <param name="IPv4Mac">The address of the IPv4 device.</param>
/// <param name="IPv6Mac">The address of the IPv6 device.</param>
/// <param name="TxChecksumOffload">Whether checksums are left to lower devices; <see langword="null"/> for the kernel's choice.</param>
internal sealed record VxlanIdentity(MacAddress IPv4Mac, MacAddress IPv6Mac, bool? TxChecksumOffload = null)
{
    /// <summary>The address of the device of one family.</summary>
    public MacAddress Mac(bool isIPv6) => isIPv6 ? IPv6Mac : IPv4Mac;
}
