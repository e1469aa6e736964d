using Overlay.Core.Addressing;

namespace Overlay.Core.Configuration;

/// <summary>A network as <c>net-conf.json</c> describes it, validated and with flannel's defaults filled in (flannel-facts 1.C).</summary>
public sealed record NetworkConfiguration
{
    /// <summary>The whole network, in the families that are enabled.</summary>
    public required SubnetPair Network { get; init; }

    /// <summary>How IPv4 subnets are cut from the network; <see langword="null"/> without IPv4.</summary>
    public SubnetRange? IPv4Subnets { get; init; }

    /// <summary>How IPv6 subnets are cut from the network; <see langword="null"/> without IPv6.</summary>
    public SubnetRange? IPv6Subnets { get; init; }

    /// <summary>Whether nftables rather than iptables carries the firewall rules. Defaults to <see langword="false"/>.</summary>
    public bool EnableNFTables { get; init; }

    /// <summary>The backend's name and its own settings.</summary>
    public required BackendConfiguration Backend { get; init; }
}
