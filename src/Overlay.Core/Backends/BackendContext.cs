using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.Core.Backends;

/// <summary>What a backend needs to open its network.</summary>
public sealed class BackendContext
{
    /// <summary>The network's configuration, the backend's own settings among it.</summary>
    public required NetworkConfiguration Configuration { get; init; }

    /// <summary>The interface between nodes; the network follows its changes.</summary>
    public required Live<Underlay> Underlay { get; init; }

    /// <summary>What the store knows of this node: the MAC address that its peers already use, for example.</summary>
    public OwnRecord? Own { get; init; }

    /// <summary>Whether the network shall drop packets to addresses of the own subnet that no workload has (<c>--ip-blackhole-route</c>).</summary>
    public bool BlackholeOwnSubnet { get; init; }

    /// <summary>Whether the network is opened only to see what it would want (<c>overlayd plan</c>): nothing outside the reconciler may be changed.</summary>
    public bool IsRehearsal { get; init; }
}
