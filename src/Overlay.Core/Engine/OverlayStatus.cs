using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>How this node stands, at one moment.</summary>
public sealed class OverlayStatus
{
    /// <summary>Whether every condition is met.</summary>
    public bool IsReady => Conditions.Count > 0 && Conditions.All(condition => condition.IsMet);

    /// <summary>What readiness depends on.</summary>
    public IReadOnlyList<ReadinessCondition> Conditions { get; init; } = [];

    /// <summary>The configuration in force; <see langword="null"/> until it is read.</summary>
    public NetworkConfiguration? Configuration { get; init; }

    /// <summary>The interface between nodes; <see langword="null"/> until it is chosen.</summary>
    public Underlay? Underlay { get; init; }

    /// <summary>The own lease as the store has it; <see langword="null"/> until there is one.</summary>
    public Lease? Lease { get; init; }

    /// <summary>When the own lease was last seen written: taken, renewed or changed.</summary>
    public DateTimeOffset? LeaseWritten { get; init; }

    /// <summary>The smallest MTU of the open networks, in bytes; 0 until one is open.</summary>
    public int Mtu { get; init; }

    /// <summary>Why the store cannot be used now; <see langword="null"/> while it answers. The node goes on, and stays ready.</summary>
    public string? StoreFault { get; init; }

    /// <summary>The open networks.</summary>
    public IReadOnlyList<NetworkReport> Networks { get; init; } = [];

    /// <summary>Peers that no open network serves, ordered by key; those that a network itself refuses are in its report.</summary>
    public IReadOnlyList<RefusedPeer> Refused { get; init; } = [];
}
