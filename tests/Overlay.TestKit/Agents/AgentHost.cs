using System.Globalization;
using System.Text.Json;

namespace Overlay.TestKit.Agents;

/// <summary>One host's overlayd: its namespace, its folder, its configuration, and the process while it runs.</summary>
public sealed class AgentHost : IAsyncDisposable
{
    private readonly List<OverlaydProcess> _processes = [];

    /// <summary>Takes a namespace, a folder of the host's own and the store that it shares with others.</summary>
    public AgentHost(string name, string? namespacePath, string folder, string storePath)
    {
        Name = name;
        NamespacePath = namespacePath;
        Folder = folder;
        StorePath = storePath;
        Directory.CreateDirectory(folder);
    }

    /// <summary>The host's name in messages.</summary>
    public string Name { get; }

    /// <summary>The file of its network namespace.</summary>
    public string? NamespacePath { get; }

    /// <summary>Where its files are.</summary>
    public string Folder { get; }

    /// <summary>The SQLite file.</summary>
    public string StorePath { get; }

    /// <summary>The text of <c>net-conf.json</c>.</summary>
    public string Configuration { get; set; } = """{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""";

    /// <summary>Further flags.</summary>
    public IReadOnlyList<string> Flags { get; set; } = [];

    /// <summary>Environment variables of the agent.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();

    /// <summary>The file that CNI plugins read.</summary>
    public string SubnetFile => Path.Combine(Folder, "subnet.env");

    /// <summary>The process that was started last.</summary>
    public OverlaydProcess Process => _processes[^1];

    private string ControlSocket => Path.Combine(Folder, "overlayd.sock");

    /// <summary>Starts overlayd and does not wait.</summary>
    public OverlaydProcess Start()
    {
        var configuration = Path.Combine(Folder, "net-conf.json");
        File.WriteAllText(configuration, Configuration);
        string[] arguments =
        [
            "--store", $"sqlite:{StorePath}", "--net-config-path", configuration, "--subnet-file", SubnetFile,
            "--state-dir", Path.Combine(Folder, "state"), "--control-socket", ControlSocket, .. Flags,
        ];
        var process = OverlaydProcess.Start(NamespacePath, arguments, Environment);
        _processes.Add(process);
        return process;
    }

    /// <summary>Starts overlayd and waits until it is ready.</summary>
    public async Task<TimeSpan> StartReadyAsync(CancellationToken cancellationToken, double seconds = 30)
    {
        Start();
        return await WaitForReadyAsync(cancellationToken, seconds);
    }

    /// <summary>Waits until <c>/readyz</c> on the control socket says so.</summary>
    public Task<TimeSpan> WaitForReadyAsync(CancellationToken cancellationToken, double seconds = 30) => Deadline.UntilAsync(
        () => Process.HasExited
            ? throw new InvalidOperationException($"overlayd on {Name} has ended:\n{Process.Log}")
            : TryGet("/readyz") is { IsSuccess: true },
        () => $"overlayd on {Name} is not ready: {TryGet("/readyz?verbose")?.Body}\n{Process.Log}",
        cancellationToken,
        seconds);

    /// <summary>Runs a command of overlayd against the running agent.</summary>
    public ToolResult Control(string command, params string[] options) =>
        Tool.TryRun(NamespacePath, OverlaydBinary.Path, [command, "--control-socket", ControlSocket, .. options], environment: Environment);

    /// <summary>What <c>overlayd status --json</c> says.</summary>
    public JsonElement Status() => JsonElement.Parse(Control("status", "--json").OrThrow("overlayd status --json"));

    /// <summary>One value of <c>/metrics</c>, summed over all sets of tags that contain <paramref name="tag"/>.</summary>
    public double Metric(string name, string tag = "") =>
        (TryGet("/metrics")?.Body ?? "").Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' ' && line.Contains(tag, StringComparison.Ordinal))
            .Sum(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));

    /// <summary>A value of <c>subnet.env</c>, or an empty text.</summary>
    public string SubnetValue(string key) =>
        File.ReadLines(SubnetFile).FirstOrDefault(line => line.StartsWith(key + "=", StringComparison.Ordinal)) is { } line ? line[(key.Length + 1)..] : "";

    /// <summary>Asks the control socket, which serves the same pages as the health port.</summary>
    public ControlAnswer? TryGet(string page) => ControlSocketClient.TryGet(ControlSocket, page);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }
}
