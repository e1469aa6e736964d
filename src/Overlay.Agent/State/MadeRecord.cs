namespace Overlay.Agent.State;

/// <summary>What agents have made on this node, so that <c>overlayd cleanup</c> needs no configuration.</summary>
internal sealed record MadeRecord
{
    /// <summary>The networks that were opened: the names of their devices and the prefixes inside which routes are theirs.</summary>
    public IReadOnlyList<MadeNetwork> Networks { get; init; } = [];

    /// <summary>The subnet file.</summary>
    public string? SubnetFile { get; init; }

    /// <summary>The lease store, if it is a file of this node.</summary>
    public string? Store { get; init; }
}
