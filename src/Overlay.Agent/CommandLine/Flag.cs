namespace Overlay.Agent.CommandLine;

/// <summary>One row of the table that the parser, the environment and the help text are made of.</summary>
/// <param name="Name">The name without dashes; the environment variable is made of it.</param>
/// <param name="Placeholder">What stands for the value in the help text; empty for a switch.</param>
/// <param name="Default">The default as text; empty when there is none.</param>
/// <param name="Help">What it does, in one sentence.</param>
/// <param name="Allowed">What is allowed, as the end of a sentence.</param>
/// <param name="TrySet">Sets the value; <see langword="false"/> when it is not allowed.</param>
internal sealed record Flag(string Name, string Placeholder, string Default, string Help, string Allowed, Func<AgentSettings, string, bool> TrySet)
{
    /// <summary>Whether it needs no value: <c>-ip-masq</c> is <c>-ip-masq=true</c>.</summary>
    public bool IsSwitch { get; init; }

    /// <summary>Whether it may be given several times.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>Whether its value must not be printed.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Whether using it chooses the etcd store.</summary>
    public bool SelectsEtcd { get; init; }

    /// <summary>The end of the environment variable's name: <c>IP_MASQ</c>.</summary>
    public string VariableSuffix => Name.ToUpperInvariant().Replace('-', '_');
}
