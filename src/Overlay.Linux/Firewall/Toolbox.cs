using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Overlay.Linux.Firewall;

/// <summary>Finds and runs the system's firewall tools: as child processes without a shell, in this process's network namespace.</summary>
internal sealed class Toolbox(TimeProvider clock)
{
    /// <summary>Where tools are looked for. Defaults to <c>PATH</c>, and to the usual folders when that is not set.</summary>
    public IReadOnlyList<string> Folders { get; init; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .Split(':', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Put before each command, for tools that are to run elsewhere: <c>nsenter --net=PATH</c> in tests.</summary>
    public IReadOnlyList<string> Prefix { get; init; } = [];

    /// <summary>How long a tool may take. The iptables tools wait that long for the lock that all of them share.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The path of a tool, or <see langword="null"/>.</summary>
    public string? Find(string tool) => Folders.Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);

    /// <summary>What to say when a tool is missing.</summary>
    public FirewallException Missing(string tool, string package) => new(
        $"The firewall rules need the tool {tool}, which is not in PATH ({(Folders.Count == 0 ? "empty" : string.Join(':', Folders))}). "
        + $"Install it: apt-get install {package}. Or switch the rules off: --ip-masq=false --iptables-forward-rules=false.");

    /// <summary>Runs a tool to its end.</summary>
    /// <param name="path">The tool, as <see cref="Find"/> gave it.</param>
    /// <param name="arguments">Passed as they are.</param>
    /// <param name="input">What it reads from its standard input.</param>
    /// <param name="cancellationToken">Ends the tool too.</param>
    /// <param name="take">Gets the output line by line, for tools that print much; the result has none then.</param>
    /// <exception cref="FirewallException">It could not be started, or did not finish in time.</exception>
    public async Task<ToolResult> RunAsync(
        string path, IEnumerable<string> arguments, string input, CancellationToken cancellationToken, Action<string>? take = null)
    {
        string[] command = [.. Prefix, path, .. arguments];
        using var process = new Process { StartInfo = StartInfo(command) };
        var name = Path.GetFileName(path);
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            throw new FirewallException($"{path} could not be started: {exception.Message}.", exception);
        }

        using var deadline = new CancellationTokenSource(Deadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var output = take is null ? process.StandardOutput.ReadToEndAsync(either.Token) : ReadLinesAsync(process.StandardOutput, take, either.Token);
        var error = process.StandardError.ReadToEndAsync(either.Token);
        try
        {
            await WriteAsync(process.StandardInput, input, either.Token);
            await Task.WhenAll(output, error);
            await process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException exception)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            throw new FirewallException(
                $"{name} did not finish within {Deadline.TotalSeconds:0.#} s and was ended; another program may hold the lock /run/xtables.lock.",
                exception);
        }

        return new(name, process.ExitCode, await output, await error);
    }

    private static ProcessStartInfo StartInfo(string[] command) => new(command[0], command[1..])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
        // Messages are shown as they are and searched for words.
        Environment = { ["LC_ALL"] = "C" },
    };

    private static async Task<string> ReadLinesAsync(StreamReader output, Action<string> take, CancellationToken cancellationToken)
    {
        while (await output.ReadLineAsync(cancellationToken) is { } line)
        {
            take(line);
        }

        return "";
    }

    private static async Task WriteAsync(StreamWriter standardInput, string input, CancellationToken cancellationToken)
    {
        try
        {
            // In one piece: if this process dies, the tool gets the whole script or nothing. StreamWriter itself would cut it.
            await standardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(input), cancellationToken);
            standardInput.Close();
        }
        catch (IOException)
        {
            // A tool that ends before it has read everything says why on its error output.
        }
    }
}
