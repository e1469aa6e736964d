using System.Net;
using Overlay.Core.Backends;

namespace Overlay.Core.Engine;

/// <summary>How this node takes part in the network, whatever its backend and its lease store.</summary>
public sealed class OverlayOptions
{
    /// <summary>How the interface between nodes is chosen. Defaults to that of the default route.</summary>
    public UnderlaySelection Underlay { get; set; } = new();

    /// <summary>The file that tells container runtimes this node's subnets and MTU. Defaults to <c>/run/flannel/subnet.env</c>.</summary>
    public string SubnetFile { get; set; } = "/run/flannel/subnet.env";

    /// <summary>The folder of what must outlive the process: the node's identity and the record of what was made. Defaults to
    /// <c>/var/lib/overlay</c>.</summary>
    public string StateDirectory { get; set; } = "/var/lib/overlay";

    /// <summary>Whether traffic that leaves the overlay gets the node's address. Defaults to <see langword="false"/>, as in flannel.</summary>
    public bool Masquerade { get; set; }

    /// <summary>Whether masquerade chooses source ports fully at random, where the kernel can. Defaults to <see langword="true"/>.</summary>
    public bool RandomFully { get; set; } = true;

    /// <summary>Destinations that are never masqueraded, in either family. Defaults to none.</summary>
    public IList<IPNetwork> MasqueradeExclusions { get; } = [];

    /// <summary>Whether forwarding to and from the network is accepted. Defaults to <see langword="true"/>.</summary>
    public bool AcceptForward { get; set; } = true;

    /// <summary>How often firewall rules are checked where nothing announces changes (legacy iptables). Defaults to five seconds; more than zero.</summary>
    public TimeSpan FirewallResyncPeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether workloads that are attached already follow when the overlay's MTU changes. Defaults to <see langword="true"/>.</summary>
    public bool FollowWorkloadMtu { get; set; } = true;

    /// <summary>Whether packets to addresses of the own subnet that no workload has are dropped instead of following the default route.
    /// Defaults to <see langword="false"/>.</summary>
    public bool BlackholeOwnSubnet { get; set; }
}
