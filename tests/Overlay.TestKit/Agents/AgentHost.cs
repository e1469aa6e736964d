using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Overlay.Core.Addressing;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;

namespace Overlay.TestKit.Agents;

/// <summary>A host's overlayd: its folder, its configuration, and the process while it runs.</summary>
public sealed class AgentHost : IAsyncDisposable
{
    private readonly List<ChildProcess> _processes = [];
    private readonly HashSet<string> _ownVariables = [.. System.Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(IsAgentVariable)];

    /// <summary>Takes a host, a folder of its own and the store that it shares with others.</summary>
    public AgentHost(TestHost host, string folder, string storePath)
    {
        ArgumentNullException.ThrowIfNull(host);
        Host = host;
        Folder = folder;
        StorePath = storePath;
        Directory.CreateDirectory(folder);
    }

    /// <summary>The host that it runs on.</summary>
    public TestHost Host { get; }

    /// <summary>Where its files are.</summary>
    public string Folder { get; }

    /// <summary>The SQLite file.</summary>
    public string StorePath { get; }

    /// <summary>The text of <c>net-conf.json</c>.</summary>
    public string Configuration { get; set; } = """{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""";

    /// <summary>Further flags.</summary>
    public IReadOnlyList<string> Flags { get; set; } = [];

    /// <summary>The flags that choose the store, when that is another than <see cref="StorePath"/>; it then holds the configuration, too.</summary>
    public IReadOnlyList<string>? StoreFlags { get; set; }

    /// <summary>Where <see cref="Configuration"/> is written to before each start.</summary>
    public string ConfigurationPath => Path.Combine(Folder, "net-conf.json");

    /// <summary>A command that starts the agent, such as <c>setpriv --bounding-set=... --</c>; it must become the agent.</summary>
    public IReadOnlyList<string> Launcher { get; set; } = [];

    /// <summary>Environment variables of the agent.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; set; } = new Dictionary<string, string?>();

    /// <summary>The file that CNI plugins read.</summary>
    public string SubnetFile => Path.Combine(Folder, "subnet.env");

    /// <summary>Where the agent is asked.</summary>
    public string ControlSocket => Path.Combine(Folder, "overlayd.sock");

    /// <summary>The process that was started last.</summary>
    public ChildProcess Process => _processes[^1];

    /// <summary>The memory that the agent holds now, in bytes (VmRSS of proc(5)).</summary>
    public long ResidentBytes => ReadStatus("VmRSS:");

    /// <summary>The most memory that the agent ever held, in bytes (VmHWM of proc(5)).</summary>
    public long PeakResidentBytes => ReadStatus("VmHWM:");

    /// <summary>Starts overlayd and does not wait.</summary>
    public ChildProcess Start()
    {
        string[] command = [.. Launcher, OverlaydBinary.Path, .. Arguments()];
        var process = ChildProcess.Start(Host.Name, command[0], command[1..], Variables());
        _processes.Add(process);
        return process;
    }

    /// <summary>Starts overlayd and waits until it is ready; gives how long that took.</summary>
    public async Task<TimeSpan> StartReadyAsync(CancellationToken cancellationToken, double seconds = 30)
    {
        Start();
        return await WaitForReadyAsync(cancellationToken, seconds);
    }

    /// <summary>Waits until <c>/readyz</c> on the control socket says so.</summary>
    public Task<TimeSpan> WaitForReadyAsync(CancellationToken cancellationToken, double seconds = 30) => Deadline.UntilAsync(
        () => Process.HasExited
            ? throw new InvalidOperationException($"overlayd on {Host.Name} has ended with {Process.ExitCode}:\n{Process.Output}")
            : TryGet("/readyz") is { IsSuccess: true },
        () => $"overlayd on {Host.Name} is not ready: {TryGet("/readyz?verbose")?.Body}\n{Process.Output}",
        cancellationToken,
        seconds);

    /// <summary>SIGTERM, as systemd and Kubernetes send it; gives the exit status.</summary>
    public async Task<int> StopAsync()
    {
        Process.Terminate();
        await Process.WaitForExitAsync(TimeSpan.FromSeconds(20));
        return Process.ExitCode;
    }

    /// <summary>SIGKILL; completes when the process is gone.</summary>
    public async Task KillAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>Runs a command of overlayd against the running agent: <c>status</c>, <c>leave</c>, ...</summary>
    public Task<ToolResult> ControlAsync(string command, params string[] options) =>
        Tool.TryRunAsync(Host.Name, OverlaydBinary.Path, [command, "--control-socket", ControlSocket, .. options], Variables());

    /// <summary><c>overlayd plan</c> with the flags that the agent would have.</summary>
    public Task<ToolResult> PlanAsync() => Tool.TryRunAsync(Host.Name, OverlaydBinary.Path, ["plan", .. Arguments()], Variables());

    /// <summary>A command of overlayd that needs no running agent, with the flags that the agent would have.</summary>
    public Task<ToolResult> RunOfflineAsync(string command, params string[] operands) => Tool.TryRunAsync(Host.Name, OverlaydBinary.Path, [command, .. operands, .. Arguments()], Variables());

    /// <summary><c>overlayd cleanup</c> with the flags that the agent would have.</summary>
    public Task<ToolResult> CleanupAsync(params string[] options) => Tool.TryRunAsync(Host.Name, OverlaydBinary.Path, ["cleanup", .. Arguments(), .. options], Variables());

    /// <summary>Runs overlayd to its end as a root user that lacks CAP_NET_ADMIN. It enters the namespace before it loses the right to.</summary>
    public Task<ToolResult> RunWithoutNetAdminAsync() => Tool.TryRunAsync(
        Host.Name, "setpriv", ["--bounding-set=-net_admin", "--inh-caps=-net_admin", "--", OverlaydBinary.Path, .. Arguments()], Variables());

    /// <summary>What <c>overlayd status --json</c> says.</summary>
    public async Task<JsonElement> StatusAsync()
    {
        var result = await ControlAsync("status", "--json");
        return result.Status == 0 ? JsonElement.Parse(result.Text) : throw new InvalidOperationException($"overlayd status ended with {result.Status}: {result.Text}");
    }

    /// <summary>A command on this host, as a shell would run it there.</summary>
    public Task<string> RunAsync(string command) => Tool.RunAsync(Host.Name, command);

    /// <summary>One value of <c>/metrics</c>, summed over all sets of tags that contain <paramref name="tag"/>.</summary>
    public double Metric(string name, string tag = "") =>
        (TryGet("/metrics")?.Body ?? "").Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' ' && line.Contains(tag, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[line.Contains('}', StringComparison.Ordinal) ? 0 : 1], CultureInfo.InvariantCulture));

    /// <summary>A value of <c>subnet.env</c>, or an empty text.</summary>
    public string SubnetValue(string key) =>
        File.ReadLines(SubnetFile).FirstOrDefault(line => line.StartsWith(key + "=", StringComparison.Ordinal)) is { } line ? line[(key.Length + 1)..] : "";

    /// <summary>The leased subnets, as <c>subnet.env</c> tells them to container runtimes.</summary>
    public SubnetPair Subnets() => new(ReadSubnet("FLANNEL_SUBNET"), ReadSubnet("FLANNEL_IPV6_SUBNET"));

    /// <summary>Adds a workload as a CNI plugin would after reading <c>subnet.env</c>.</summary>
    public TestWorkload AddWorkload() => Host.AddWorkload(Subnets(), int.Parse(SubnetValue("FLANNEL_MTU"), CultureInfo.InvariantCulture));

    /// <summary>A client whose connections begin in the host's namespace.</summary>
    public HttpClient CreateHttpClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            // A socket belongs to the namespace that it was made in.
            var socket = Host.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

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

    private static bool IsAgentVariable(string name) =>
        name.StartsWith("FLANNELD_", StringComparison.Ordinal) || name.StartsWith("OVERLAYD_", StringComparison.Ordinal);

    private long ReadStatus(string key) =>
        1024 * long.Parse(
            File.ReadLines($"/proc/{Process.Id}/status").First(line => line.StartsWith(key, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture);

    private string[] Arguments()
    {
        File.WriteAllText(ConfigurationPath, Configuration);
        return
        [
            .. StoreFlags ?? ["--store", $"sqlite:{StorePath}", "--net-config-path", ConfigurationPath], "--subnet-file", SubnetFile,
            "--state-dir", Path.Combine(Folder, "state"), "--control-socket", ControlSocket, .. Flags,
        ];
    }

    // The surroundings of a test run must not configure its agents.
    private Dictionary<string, string?> Variables()
    {
        var variables = _ownVariables.ToDictionary(name => name, _ => (string?)null);
        foreach (var (name, value) in Environment)
        {
            variables[name] = value;
        }

        return variables;
    }

    private IPNetwork? ReadSubnet(string key)
    {
        if (SubnetValue(key) is not { Length: > 0 } text)
        {
            return null;
        }

        // The file has the gateway's address: the subnet's base and one more.
        var gateway = InetPrefix.Parse(text);
        return gateway.Masked().ToIPNetwork();
    }
}
