namespace Overlay.Core.Engine;

/// <summary>What became of what a node had made, when it left its network; one line each.</summary>
public sealed class DepartureReport
{
    /// <summary>What was taken away.</summary>
    public required IReadOnlyList<string> Removed { get; init; }

    /// <summary>What was left standing on purpose.</summary>
    public required IReadOnlyList<string> Kept { get; init; }
}
