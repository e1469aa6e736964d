using System.Net;
using Overlay.TestKit.Agents;

namespace Overlay.TestKit.Cni;

/// <summary>A container that podman runs.</summary>
/// <param name="Host">Where it runs.</param>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its IPv4 address.</param>
public sealed record PodmanContainer(PodmanHost Host, string Name, IPAddress Address)
{
    /// <summary>Runs a command in it.</summary>
    public Task<ToolResult> TryExecuteAsync(params string[] command) => Host.TryExecuteAsync(Name, command);

    /// <summary>Pings an address from within, unfragmented.</summary>
    public Task<ToolResult> PingAsync(IPAddress to, int payload = 56) => TryExecuteAsync("/bin/ping", "-c", "1", "-W", "5", "-s", $"{payload}", $"{to}");

    /// <summary>Gets a page from a web server, as the container.</summary>
    public Task<ToolResult> GetAsync(string address) => TryExecuteAsync("/bin/wget", "-q", "-O", "-", address);
}
