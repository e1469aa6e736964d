using Overlay.TestKit.Processes;

namespace Overlay.TestKit.Agents;

/// <summary>Runs a command line such as <c>ip link delete flannel.1</c> to its end.</summary>
public static class Tool
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs a command and gives what it wrote; another exit status than 0 is an exception.</summary>
    /// <param name="networkNamespace">The name of the namespace that it runs in; <see langword="null"/> for this process's.</param>
    /// <param name="command">Words separated by blanks; there is no quoting.</param>
    public static async Task<string> RunAsync(string? networkNamespace, string command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return await ChildProcess.RunAsync(networkNamespace, words[0], words[1..]);
    }

    /// <summary>Runs a command and gives its exit status and what it wrote.</summary>
    public static async Task<ToolResult> TryRunAsync(string? networkNamespace, string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        await using var child = ChildProcess.Start(networkNamespace, file, arguments, environment);
        await child.WaitForExitAsync(_limit);
        return new ToolResult(child.ExitCode, child.Output);
    }

    /// <summary>Writes lines to a temporary file and gives its name to a command: <c>ip -batch FILE</c>, <c>iptables-restore FILE</c>.</summary>
    public static async Task FeedAsync(string? networkNamespace, string command, string lines)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, lines);
            await RunAsync(networkNamespace, $"{command} {file}");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
