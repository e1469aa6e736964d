using System.Globalization;
using Overlay.TestKit.Processes;

namespace Overlay.TestKit.Etcd;

/// <summary>One etcd process, which may be ended and started again on its data.</summary>
public sealed class EtcdMember : IAsyncDisposable
{
    private const int SIGSTOP = 19;
    private const int SIGCONT = 18;

    private readonly EtcdClusterOptions _options;
    private readonly string _folder;
    private readonly List<ChildProcess> _processes = [];

    internal EtcdMember(EtcdClusterOptions options, string folder, int number, int clientPort, int peerPort)
    {
        _options = options;
        _folder = folder;
        Name = string.Create(CultureInfo.InvariantCulture, $"m{number}");
        Address = options.Addresses[Math.Min(number, options.Addresses.Count) - 1];
        Namespace = options.Namespaces[Math.Min(number, options.Namespaces.Count) - 1];
        var host = Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]" : Address;
        Endpoint = string.Create(CultureInfo.InvariantCulture, $"{(options.Certificates is null ? "http" : "https")}://{host}:{clientPort}");
        Peer = string.Create(CultureInfo.InvariantCulture, $"http://{host}:{peerPort}");
    }

    /// <summary>Its name in the cluster.</summary>
    public string Name { get; }

    /// <summary>The address that it listens on.</summary>
    public string Address { get; }

    /// <summary>The namespace that it runs in.</summary>
    public string? Namespace { get; }

    /// <summary>Where clients reach it.</summary>
    public string Endpoint { get; }

    /// <summary>Where the other members reach it.</summary>
    public string Peer { get; }

    /// <summary>The process that was started last.</summary>
    public ChildProcess Process => _processes[^1];

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => _processes.Count > 0 && !Process.HasExited;

    /// <summary>SIGKILL, as a crash.</summary>
    public async Task KillAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>Stands still and answers nothing, with its connections open.</summary>
    public void Pause() => Process.Send(SIGSTOP);

    /// <summary>Goes on.</summary>
    public void Resume() => Process.Send(SIGCONT);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    internal void Start(string cluster)
    {
        string[] tls = _options.Certificates is not { } certificates ? [] :
        [
            "--cert-file", certificates.Server, "--key-file", certificates.ServerKey,
            .. _options.DemandsClientCertificate ? (string[])["--client-cert-auth", "--trusted-ca-file", certificates.Authority] : [],
        ];
        _processes.Add(ChildProcess.Start(Namespace, "etcd",
        [
            "--name", Name, "--data-dir", Path.Combine(_folder, Name), "--logger", "zap", "--log-outputs", "stderr",
            "--listen-client-urls", Endpoint, "--advertise-client-urls", Endpoint, "--listen-peer-urls", Peer, "--initial-advertise-peer-urls", Peer,
            "--initial-cluster", cluster, "--initial-cluster-token", Path.GetFileName(_folder), "--initial-cluster-state", "new", .. tls, .. _options.Flags,
        ]));
    }
}
