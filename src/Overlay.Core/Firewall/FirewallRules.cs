using System.Net;
using Overlay.Core.Addressing;

namespace Overlay.Core.Firewall;

/// <summary>What the firewall is to do for the overlay.</summary>
public sealed record FirewallRules
{
    /// <summary>The whole network.</summary>
    public required SubnetPair Network { get; init; }

    /// <summary>This node's own subnets.</summary>
    public required SubnetPair OwnSubnets { get; init; }

    /// <summary>Whether traffic that leaves the overlay gets the node's address (<c>--ip-masq</c>).</summary>
    public bool Masquerade { get; init; }

    /// <summary>Whether masquerade chooses source ports fully at random, where the tool and the kernel can. Defaults to <see langword="true"/>.</summary>
    public bool RandomFully { get; init; } = true;

    /// <summary>Destinations that are never masqueraded (<c>--ip-masq-exclude</c>), in either family.</summary>
    public IReadOnlyList<IPNetwork> MasqueradeExclusions { get; init; } = [];

    /// <summary>Whether forwarding to and from the network is accepted (<c>--iptables-forward-rules</c>). Defaults to <see langword="true"/>.</summary>
    public bool AcceptForward { get; init; } = true;

    /// <summary>Whether nftables rather than iptables carries the rules.</summary>
    public bool UseNFTables { get; init; }

    /// <summary>How often rules are checked where nothing announces changes: legacy iptables (<c>--iptables-resync</c>). Defaults to 5 s.</summary>
    public TimeSpan ResyncPeriod { get; init; } = TimeSpan.FromSeconds(5);
}
