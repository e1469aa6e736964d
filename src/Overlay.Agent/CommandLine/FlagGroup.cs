namespace Overlay.Agent.CommandLine;

/// <summary>Flags that stand together in the help text.</summary>
internal sealed record FlagGroup(string Title, IReadOnlyList<Flag> Flags);
