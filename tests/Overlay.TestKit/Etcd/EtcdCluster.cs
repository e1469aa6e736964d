using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Overlay.TestKit.Agents;

namespace Overlay.TestKit.Etcd;

/// <summary>One or three real etcd processes with a data folder of their own. Everything ends with this.</summary>
public sealed class EtcdCluster : IAsyncDisposable
{
    private const int Attempts = 5;

    private readonly EtcdClusterOptions _options;
    private readonly string _folder;
    private string[] _user = [];

    private EtcdCluster(EtcdClusterOptions options)
    {
        _options = options;
        // A member writes to its disk at every change; in memory that does not slow down others.
        _folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"ovetcd-{Guid.NewGuid():N}")).FullName;
        Members = [.. Enumerable.Range(1, options.Members).Select(number => new EtcdMember(options, _folder, number, FreePort(), FreePort()))];
    }

    /// <summary>The members.</summary>
    public IReadOnlyList<EtcdMember> Members { get; }

    /// <summary>The endpoints as <c>--etcd-endpoints</c> takes them.</summary>
    public string Endpoints => string.Join(',', Members.Select(member => member.Endpoint));

    private string Peers => string.Join(',', Members.Select(member => $"{member.Name}={member.Peer}"));

    /// <summary>Starts a cluster and waits until it serves.</summary>
    public static async Task<EtcdCluster> StartAsync(EtcdClusterOptions? options = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var cluster = new EtcdCluster(options ?? new EtcdClusterOptions());
            try
            {
                cluster.Members.ToList().ForEach(member => member.Start(cluster.Peers));
                await cluster.WaitUntilServingAsync();
                return cluster;
            }
            catch (InvalidOperationException) when (attempt < Attempts && cluster.Members.Any(member => member.Process.HasExited))
            {
                // Between being found free and being used, a port may have gone to somebody else.
                await cluster.DisposeAsync();
            }
            catch
            {
                await cluster.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Starts a member that was ended.</summary>
    public void Restart(EtcdMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        member.Start(Peers);
    }

    /// <summary>Waits until every running member answers.</summary>
    public async Task WaitUntilServingAsync(double seconds = 60)
    {
        var running = Members.Where(member => member.IsRunning || member.Process.HasExited).Where(member => !member.Process.HasExited || Members.Count == 1).ToList();
        ToolResult? last = null;
        await Deadline.UntilAsync(
            () =>
            {
                if (running.Find(member => member.Process.HasExited) is { } ended)
                {
                    throw new InvalidOperationException($"etcd {ended.Name} has ended:\n{ended.Process.Output}");
                }

                last = TryControlAsync(["endpoint", "health", "--endpoints", string.Join(',', running.Select(member => member.Endpoint))]).GetAwaiter().GetResult();
                return last.Status == 0;
            },
            () => $"{last?.Text}\n{Members[0].Process.Output}",
            CancellationToken.None,
            seconds,
            everyMilliseconds: 50);
    }

    /// <summary>Runs etcdctl on the cluster.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<string> ControlAsync(params string[] arguments)
    {
        var result = await TryControlAsync(arguments.Contains("--endpoints") ? arguments : ["--endpoints", string.Join(',', Members.Where(member => member.IsRunning).Select(member => member.Endpoint)), .. arguments]);
        return result.Status == 0 ? result.Text : throw new InvalidOperationException($"etcdctl {string.Join(' ', arguments)} ended with {result.Status}:\n{result.Text}");
    }

    /// <summary>Writes a key, as an administrator or another program would.</summary>
    public Task PutAsync(string key, string value, params string[] options) => ControlAsync(["put", .. options, "--", key, value]);

    /// <summary>A key's value, or an empty text.</summary>
    public Task<string> GetAsync(string key) => ControlAsync("get", "--print-value-only", key);

    /// <summary>The store's revision.</summary>
    public async Task<long> RevisionAsync() =>
        JsonElement.Parse(await ControlAsync("get", "x", "--write-out", "json")).GetProperty("header").GetProperty("revision").GetInt64();

    /// <summary>Forgets all but the present.</summary>
    public async Task CompactAsync() => await ControlAsync("compact", (await RevisionAsync()).ToString(CultureInfo.InvariantCulture));

    /// <summary>The member that leads.</summary>
    public async Task<EtcdMember> LeaderAsync()
    {
        foreach (var member in Members.Where(member => member.IsRunning))
        {
            var status = JsonElement.Parse(await ControlAsync("endpoint", "status", "--write-out", "json", "--endpoints", member.Endpoint))[0].GetProperty("Status");
            if (status.GetProperty("leader").GetUInt64() == status.GetProperty("header").GetProperty("member_id").GetUInt64())
            {
                return member;
            }
        }

        throw new InvalidOperationException("No member leads.");
    }

    /// <summary>Turns authentication on: <c>root</c> may do everything, <c>flannel</c> may do what it must under the prefix.</summary>
    public async Task DemandPasswordAsync(string password, string prefix)
    {
        await ControlAsync("user", "add", $"root:{password}");
        await ControlAsync("user", "grant-role", "root", "root");
        await ControlAsync("user", "add", $"flannel:{password}");
        await ControlAsync("role", "add", "flannel");
        await ControlAsync("role", "grant-permission", "flannel", "readwrite", prefix, "--prefix=true");
        await ControlAsync("user", "grant-role", "flannel", "flannel");
        await ControlAsync("auth", "enable");
        _user = ["--user", $"root:{password}"];
    }

    /// <summary>How many calls of each kind the members have taken, as <c>Range</c>, <c>Txn</c>, ...: grpc_server_started_total of their metrics.</summary>
    public async Task<IReadOnlyDictionary<string, long>> CallsAsync()
    {
        var calls = new Dictionary<string, long>();
        foreach (var member in Members.Where(member => member.IsRunning))
        {
            var page = await Tool.RunAsync(member.Namespace, $"curl -s {member.Endpoint}/metrics");
            foreach (var line in page.Split('\n').Where(line => line.StartsWith("grpc_server_started_total{", StringComparison.Ordinal) && line.Contains("etcdserverpb", StringComparison.Ordinal)))
            {
                var method = line.Split("grpc_method=\"")[1].Split('"')[0];
                calls[method] = calls.GetValueOrDefault(method) + (long)double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
            }
        }

        return calls;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members)
        {
            await member.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task<ToolResult> TryControlAsync(string[] arguments)
    {
        string[] tls = _options.Certificates is not { } certificates ? [] : ["--cacert", certificates.Authority, "--cert", certificates.Client, "--key", certificates.ClientKey];
        return Tool.TryRunAsync(Members[0].Namespace, "etcdctl", [.. tls, .. _user, "--dial-timeout", "3s", "--command-timeout", "20s", .. arguments]);
    }
}
