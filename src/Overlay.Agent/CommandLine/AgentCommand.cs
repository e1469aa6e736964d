namespace Overlay.Agent.CommandLine;

/// <summary>What overlayd is asked to do.</summary>
/// <param name="Name">The word; empty for running the agent.</param>
/// <param name="Arguments">The names of its arguments, all of them required.</param>
/// <param name="Help">What it does, in one sentence.</param>
internal sealed record AgentCommand(string Name, IReadOnlyList<string> Arguments, string Help)
{
    public static AgentCommand Run { get; } = new("", [], "Run the agent.");

    public static AgentCommand Status { get; } = new("status", [], "Show how this node stands: lease, networks, peers, entries that failed, last repairs.");

    public static AgentCommand Plan { get; } = new("plan", [], "Show what would change in the kernel, and change nothing.");

    public static AgentCommand Leave { get; } = new("leave", [], "Give the lease back and remove what was made on this node; a running agent ends.");

    public static AgentCommand Cleanup { get; } = new("cleanup", [], "Remove what an agent has made on this node, and keep the lease; --purge removes store and identity too.");

    public static AgentCommand LogLevel { get; } = new("log-level", ["LEVEL"], "Change the level of the running agent's log.");

    public static AgentCommand Reserve { get; } = new("reserve", ["SUBNET[,SUBNET]", "ADDRESS[,ADDRESS]"], "Keep subnets for the node that has this public address, for ever.");

    public static IReadOnlyList<AgentCommand> All { get; } = [Run, Status, Plan, Leave, Cleanup, LogLevel, Reserve];
}
