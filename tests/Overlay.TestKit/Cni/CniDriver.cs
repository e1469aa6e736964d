using System.Diagnostics;
using Overlay.Linux.Namespaces;

namespace Overlay.TestKit.Cni;

/// <summary>Drives a plugin as a runtime does: in the host's network namespace, parameters in the environment, configuration on standard input.</summary>
/// <param name="host">The host's namespace.</param>
/// <param name="program">The plugin's file.</param>
/// <param name="pluginPath">CNI_PATH.</param>
public sealed class CniDriver(NetworkNamespace host, string program, string pluginPath)
{
    private readonly NetworkNamespace _host = host;

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    /// <summary>The same as another one, to be started differently.</summary>
    public CniDriver(CniDriver other)
        : this((other ?? throw new ArgumentNullException(nameof(other)))._host, other.Program, other.PluginPath)
    {
    }

    /// <summary>The plugin's file.</summary>
    public string Program { get; } = program;

    /// <summary>CNI_PATH.</summary>
    public string PluginPath { get; } = pluginPath;

    /// <summary>A program with arguments that starts the plugin, such as <c>strace</c>.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>Runs the plugin to its end.</summary>
    /// <exception cref="TimeoutException">It did not end in time; it was killed.</exception>
    public CniAnswer Call(CniRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        string[] command = [.. Launcher, Program];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var variable in start.Environment.Keys.Where(name => name.StartsWith("CNI_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(variable);
        }

        foreach (var (name, value) in Variables(request))
        {
            start.Environment[name] = value;
        }

        // A process is born into the namespace of the thread that starts it.
        var clock = Stopwatch.StartNew();
        using var process = _host.Run(() => Process.Start(start)!);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        TryWrite(process, request.Input);
        if (!process.WaitForExit(_limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{Program} {request.Command} did not end within {_limit}.");
        }

        clock.Stop();
        return new CniAnswer(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult(), clock.Elapsed);
    }

    private static void TryWrite(Process process, string input)
    {
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A plugin may refuse its variables before it reads its input.
        }
    }

    private IEnumerable<(string Name, string? Value)> Variables(CniRequest request) => new[]
    {
        ("CNI_COMMAND", request.Command),
        ("CNI_CONTAINERID", request.ContainerId),
        ("CNI_NETNS", request.NetworkNamespace),
        ("CNI_IFNAME", request.InterfaceName),
        ("CNI_ARGS", request.Arguments),
        ("CNI_PATH", PluginPath),
    }.Where(variable => variable.Item2 is not null);
}
