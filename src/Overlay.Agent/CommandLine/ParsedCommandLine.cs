using Overlay.Core.Configuration;

namespace Overlay.Agent.CommandLine;

/// <summary>What the user has asked for.</summary>
/// <param name="Command">What to do.</param>
/// <param name="Arguments">The command's arguments, as many as it needs unless there are mistakes.</param>
/// <param name="Settings">The values of all flags.</param>
/// <param name="Mistakes">All mistakes, in the order in which they were found.</param>
internal sealed record ParsedCommandLine(
    AgentCommand Command, IReadOnlyList<string> Arguments, AgentSettings Settings, IReadOnlyList<ConfigurationMistake> Mistakes);
