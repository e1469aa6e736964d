using Overlay.Core.Configuration;
using Overlay.Core.Firewall;
using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>What the firewall of this node is to do.</summary>
internal static class NodeFirewallRules
{
    public static FirewallRules For(OverlayOptions options, Lease own, NetworkConfiguration configuration) => new()
    {
        Network = configuration.Network,
        OwnSubnets = own.Subnets,
        Masquerade = options.Masquerade,
        RandomFully = options.RandomFully,
        MasqueradeExclusions = [.. options.MasqueradeExclusions],
        AcceptForward = options.AcceptForward,
        UseNFTables = configuration.EnableNFTables,
        ResyncPeriod = options.FirewallResyncPeriod,
    };
}
