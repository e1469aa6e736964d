using Overlay.Core.Leases;

namespace Overlay.Core.Backends;

/// <summary>What a running network says of itself.</summary>
public sealed record NetworkFacts
{
    /// <summary>The largest packet a workload may send, after encapsulation overhead, in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>What peers must be told: MAC address, key, port.</summary>
    public required LeaseAttributes Attributes { get; init; }

    /// <summary>What carries the packets, where the backend has a choice: <c>kernel device</c>; <see langword="null"/> where it has none.</summary>
    public string? DataPath { get; init; }

    /// <summary>Why the network cannot work now, in one sentence; <see langword="null"/> while it can.</summary>
    public string? Fault { get; init; }
}
