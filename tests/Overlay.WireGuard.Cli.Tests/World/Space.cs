using System.Globalization;
using Overlay.Linux.Namespaces;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;

namespace Overlay.WireGuard.Cli.Tests.World;

/// <summary>A network namespace with the commands that tests run in it.</summary>
internal sealed class Space : IDisposable
{
    public Space(string role) => (Name, Namespace) = TestNamespaces.Create(role);

    public string Name { get; }

    public NetworkNamespace Namespace { get; }

    /// <summary>Runs commands, one a line, each of which must succeed; gives what the last one wrote.</summary>
    public async Task<string> RunAsync(string commands)
    {
        var output = "";
        foreach (var command in commands.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            output = await Tool.RunAsync(Name, command);
        }

        return output;
    }

    /// <summary>Runs a command that may fail.</summary>
    public Task<ToolResult> TryRunAsync(string command)
    {
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Tool.TryRunAsync(Name, words[0], words[1..]);
    }

    /// <summary>Loads an nftables ruleset.</summary>
    public Task LoadRulesAsync(string rules) => Tool.FeedAsync(Name, "nft -f", rules);

    /// <summary>The packets that a named counter of the table <c>ip t</c>, or another, has counted.</summary>
    public async Task<long> CountAsync(string counter, string table = "inet t")
    {
        var words = (await RunAsync($"nft list counter {table} {counter}")).Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(words[Array.IndexOf(words, "packets") + 1], CultureInfo.InvariantCulture);
    }

    /// <summary>Every ping is answered; the first may wait for a handshake. (For the last one, ping waits no longer than the interval or two round trips.)</summary>
    public async Task IsAnsweredAsync(string address, string options = "-c 3 -i 0.2")
    {
        var (_, text) = await TryRunAsync($"ping -W 20 {options} {address}");
        Assert.True(text.Contains(" 0% packet loss", StringComparison.Ordinal), $"ping {options} {address} in {Name}:\n{text}");
    }

    /// <summary>No ping is answered.</summary>
    public async Task<string> IsNotAnsweredAsync(string address, string options = "-c 1 -W 1")
    {
        var (status, text) = await TryRunAsync($"ping {options} {address}");
        Assert.True(status != 0 && text.Contains(" 100% packet loss", StringComparison.Ordinal), $"ping {options} {address} in {Name}:\n{text}");
        return text;
    }

    public void Dispose() => Namespace.Dispose();
}
