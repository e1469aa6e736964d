using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Backend;

/// <summary>One device of the node.</summary>
/// <param name="Device">Its name.</param>
/// <param name="Port">The UDP port that it listens on.</param>
/// <param name="Mtu">The largest packet that it carries, in bytes.</param>
/// <param name="Network">What is routed to it.</param>
internal sealed record Tunnel(string Device, int Port, int Mtu, SubnetPair Network)
{
    /// <summary>The device's part of a subnet pair, IPv4 first.</summary>
    public IEnumerable<InetPrefix> Part(SubnetPair subnets)
    {
        if (Network.IPv4 is not null && subnets.IPv4 is { } v4)
        {
            yield return new InetPrefix(v4);
        }

        if (Network.IPv6 is not null && subnets.IPv6 is { } v6)
        {
            yield return new InetPrefix(v6);
        }
    }

}
