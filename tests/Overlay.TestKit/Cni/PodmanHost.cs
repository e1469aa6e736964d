using System.Text.Json.Nodes;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Processes;

namespace Overlay.TestKit.Cni;

/// <summary>podman on a host of the lab: real containers from a root folder made of busybox, attached by the plugins of one network configuration.</summary>
public sealed class PodmanHost : IAsyncDisposable
{
    private const string NetworkName = "overlay";

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(120);
    private static readonly string[] _applets = ["sh", "sleep", "ping", "ip", "nc", "wget", "httpd", "cat", "echo"];

    private readonly AgentHost _agent;
    private readonly string _folder;
    private readonly List<string> _containers = [];

    /// <summary>Writes everything that podman needs below the agent's folder. Needs busybox without libraries.</summary>
    public PodmanHost(AgentHost agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        _agent = agent;
        _folder = Path.Combine(agent.Folder, "podman");
        MakeRootFolder();
        Directory.CreateDirectory(Path.Combine(_folder, "net"));
        // The plugin answers to flannel's name, too.
        Directory.CreateDirectory(Path.Combine(_folder, "plugins"));
        File.CreateSymbolicLink(Path.Combine(_folder, "plugins/flannel"), CniBinaries.Overlay);
        File.WriteAllText(Path.Combine(_folder, "containers.conf"), $"""
            [network]
            network_backend="cni"
            network_config_dir="{_folder}/net"
            cni_plugin_dirs=[{string.Join(", ", CniBinaries.SearchPath.Split(':').Append(Path.Combine(_folder, "plugins")).Select(folder => $"\"{folder}\""))}]
            [engine]
            runtime="runc"
            cgroup_manager="cgroupfs"
            events_logger="none"
            [containers]
            default_ulimits=["nofile=1024:1024", "nproc=4096:4096"]
            """);
    }

    /// <summary>The folder of the plugins' state.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>Our plugin's entry of the network configuration.</summary>
    public JsonObject OverlayPlugin() => new()
    {
        ["type"] = "overlay-cni",
        ["subnetFile"] = _agent.SubnetFile,
        ["dataDir"] = DataFolder,
        ["controlSocket"] = Path.Combine(_agent.Folder, "overlayd.sock"),
        ["delegate"] = new JsonObject { ["hairpinMode"] = true, ["isDefaultGateway"] = true },
    };

    /// <summary>Writes the network configuration that containers are attached by.</summary>
    public void Configure(params JsonObject[] plugins)
    {
        var configuration = new JsonObject { ["cniVersion"] = "1.0.0", ["name"] = NetworkName, ["plugins"] = new JsonArray([.. plugins]) };
        File.WriteAllText(Path.Combine(_folder, "net", "10-overlay.conflist"), configuration.ToJsonString());
    }

    /// <summary>Runs a container in the background, with a web server that answers with the container's name.</summary>
    public async Task<PodmanContainer> RunAsync(string name, params string[] options)
    {
        _containers.Add(name);
        var root = Path.Combine(_folder, "rootfs");
        await PodmanAsync(["run", "-d", "--name", name, "--hostname", name, "--cap-add", "NET_RAW", "--network", NetworkName, .. options,
            "--rootfs", root, "/bin/sh", "-c", $"echo {name} >/tmp/{name}; exec /bin/httpd -f -p 80 -h /tmp"]);
        var address = await PodmanAsync(["inspect", name, "--format", "{{(index .NetworkSettings.Networks \"" + NetworkName + "\").IPAddress}}"]);
        return new PodmanContainer(this, name, System.Net.IPAddress.Parse(address.Trim()));
    }

    /// <summary>Runs a command in a container.</summary>
    public Task<ToolResult> TryExecuteAsync(string name, params string[] command) => TryPodmanAsync(["exec", name, .. command]);

    /// <summary>The id of a container's first process, as the host sees it.</summary>
    public async Task<int> ProcessIdAsync(string name) =>
        int.Parse(await PodmanAsync(["inspect", name, "--format", "{{.State.Pid}}"]), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Ends a container and takes it away.</summary>
    public async Task RemoveAsync(string name)
    {
        await PodmanAsync(["rm", "-f", "-t", "0", name]);
        _containers.Remove(name);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var name in _containers)
        {
            await TryPodmanAsync(["rm", "-f", "-t", "0", name]);
        }
    }

    private async Task<string> PodmanAsync(string[] arguments)
    {
        var result = await TryPodmanAsync(arguments);
        return result.Status == 0 ? result.Text : throw new InvalidOperationException($"podman {string.Join(' ', arguments)} ended with {result.Status}: {result.Text}");
    }

    private async Task<ToolResult> TryPodmanAsync(string[] arguments)
    {
        string[] places = ["--storage-driver", "vfs", "--root", $"{_folder}/root", "--runroot", $"{_folder}/run", "--tmpdir", $"{_folder}/run/tmp"];
        var environment = new Dictionary<string, string?> { ["CONTAINERS_CONF"] = Path.Combine(_folder, "containers.conf") };
        await using var podman = ChildProcess.Start(_agent.Host.Name, "podman", [.. places, .. arguments], environment);
        await podman.WaitForExitAsync(_limit);
        return new ToolResult(podman.ExitCode, podman.Output);
    }

    private void MakeRootFolder()
    {
        var root = Path.Combine(_folder, "rootfs");
        foreach (var folder in (string[])["bin", "dev", "etc", "proc", "sys", "tmp"])
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
        }

        File.Copy(FindBusybox(), Path.Combine(root, "bin/busybox"));
        foreach (var applet in _applets)
        {
            File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "busybox");
        }
    }

    private static string FindBusybox() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/bin").Select(folder => Path.Combine(folder, "busybox")).FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("busybox-static is missing.");
}
