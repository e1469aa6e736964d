using System.Globalization;
using System.Net;
using System.Text;
using Overlay.Core.Addressing;

namespace Overlay.Core.Engine;

/// <summary>What <c>subnet.env</c> tells container runtimes (flannel-facts 2.1).</summary>
/// <param name="Network">The whole network.</param>
/// <param name="Subnets">This node's subnets.</param>
/// <param name="Mtu">The largest packet a workload may send, in bytes.</param>
/// <param name="Masquerade">Whether the agent masquerades, so that nobody else has to.</param>
public sealed record SubnetFileContent(SubnetPair Network, SubnetPair Subnets, int Mtu, bool Masquerade)
{
    /// <summary>The file's text, byte for byte as flannel writes it.</summary>
    public string Format()
    {
        var text = new StringBuilder();
        AppendFamily(text, "FLANNEL", Network.IPv4, Subnets.IPv4);
        AppendFamily(text, "FLANNEL_IPV6", Network.IPv6, Subnets.IPv6);
        text.Append(CultureInfo.InvariantCulture, $"FLANNEL_MTU={Mtu}\nFLANNEL_IPMASQ={(Masquerade ? "true" : "false")}\n");
        return text.ToString();
    }

    private static void AppendFamily(StringBuilder text, string prefix, IPNetwork? network, IPNetwork? subnet)
    {
        if (network is { } all && subnet is { } own)
        {
            text.Append(CultureInfo.InvariantCulture, $"{prefix}_NETWORK={all}\n{prefix}_SUBNET={FirstHost(own.BaseAddress)}/{own.PrefixLength}\n");
        }
    }

    // The bridge's address: one above the base.
    private static IPAddress FirstHost(IPAddress address)
    {
        var value = new InetAddress(address);
        return (value.IsIPv6 ? InetAddress.FromIPv6(value.Value + 1) : InetAddress.FromIPv4((uint)value.Value + 1)).ToIPAddress();
    }
}
