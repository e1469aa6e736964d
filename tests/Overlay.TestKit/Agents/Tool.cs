using System.Diagnostics;

namespace Overlay.TestKit.Agents;

/// <summary>Runs a child process to its end, in a network namespace when one is given.</summary>
public static class Tool
{
    /// <summary>How long a tool may take before it is ended and the test fails.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Runs <paramref name="command"/> (words separated by blanks) and gives what it printed; another exit status than 0 is an exception.</summary>
    public static string Run(string? namespacePath, string command) => TryRun(namespacePath, command).OrThrow(command);

    /// <summary>Runs <paramref name="command"/> and feeds <paramref name="input"/> to it, for <c>ip -batch -</c> and <c>iptables-restore</c>.</summary>
    public static string Feed(string? namespacePath, string command, string input) => TryRun(namespacePath, command, input).OrThrow(command);

    /// <summary>Runs <paramref name="command"/> and gives its exit status and everything it printed.</summary>
    public static ToolResult TryRun(string? namespacePath, string command, string? input = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return TryRun(namespacePath, words[0], words[1..], input);
    }

    /// <summary>As the other one, for arguments that contain blanks.</summary>
    public static ToolResult TryRun(string? namespacePath, string file, IEnumerable<string> arguments, string? input = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = new Process { StartInfo = Within(namespacePath, file, arguments, environment) };
        process.StartInfo.RedirectStandardInput = true;
        process.Start();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input ?? "");
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading its input; what it printed says why.
        }

        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            throw new TimeoutException($"'{file} {string.Join(' ', process.StartInfo.ArgumentList)}' did not end within {Limit.TotalSeconds} s.");
        }

        return new ToolResult(process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>A child process that is in the namespace from its first instruction on; its process id is the program's own, because nsenter execs it.</summary>
    internal static ProcessStartInfo Within(string? namespacePath, string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(namespacePath is null ? file : "nsenter") { RedirectStandardOutput = true, RedirectStandardError = true };
        if (namespacePath is not null)
        {
            start.ArgumentList.Add($"--net={namespacePath}");
            start.ArgumentList.Add("--");
            start.ArgumentList.Add(file);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // A test's own surroundings must not configure the agent.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("FLANNELD_", StringComparison.Ordinal) || name.StartsWith("OVERLAYD_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
