namespace Overlay.Agent.Control;

/// <summary>What <c>overlayd status --json</c> prints. Members are only ever added.</summary>
internal sealed record StatusDocument
{
    public required string Version { get; init; }

    public required int ProcessId { get; init; }

    public required bool IsReady { get; init; }

    public required IReadOnlyList<StatusCondition> Conditions { get; init; }

    public required string LogLevel { get; init; }

    public string? Network { get; init; }

    public StatusLease? Lease { get; init; }

    public StatusUnderlay? Underlay { get; init; }

    /// <summary>Why the store cannot be used now.</summary>
    public string? StoreFault { get; init; }

    public int Mtu { get; init; }

    public IReadOnlyList<StatusNetwork> Networks { get; init; } = [];

    /// <summary>Peers that no open network serves.</summary>
    public IReadOnlyList<StatusRefusal> Refused { get; init; } = [];

    public IReadOnlyList<StatusRepair> LastRepairs { get; init; } = [];
}

internal sealed record StatusCondition(string Name, bool IsMet, string Detail);

internal sealed record StatusLease(string? Subnet, string? Ipv6Subnet, string? PublicIp, string? PublicIpv6, string BackendType, DateTimeOffset? Expires, DateTimeOffset? Written);

internal sealed record StatusUnderlay(string Interface, int Mtu, string Addresses);

internal sealed record StatusNetwork(
    string Backend, int Peers, int Entries, int Pending, int Mtu, string? Fault, IReadOnlyList<StatusFailure> Failed, IReadOnlyList<StatusRefusal> Refused)
{
    /// <summary>What carries the packets, where the backend has a choice.</summary>
    public string? DataPath { get; init; }
}

internal sealed record StatusFailure(string Entry, string Error);

internal sealed record StatusRefusal(string Peer, string Reason);

internal sealed record StatusRepair(DateTimeOffset At, string Table, string Entry);
