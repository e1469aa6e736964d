using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Linux.Backends.HostGateway;
using Overlay.Linux.Backends.Vxlan;
using Overlay.Linux.Kernel;
using Overlay.Linux.Sysctls;
using Overlay.Linux.Tests.Kernel;
using Overlay.Linux.Underlay;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;
using Xunit;

namespace Overlay.Linux.Tests.Backends;

using Underlay = Core.Backends.Underlay;

/// <summary>What an agent would compose on a host, without engine and store: the test applies the leases.</summary>
internal sealed class BackendNode : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly TestMeters _meters = new();
    private IOverlayNetwork? _network;

    public BackendNode(TestHost host, AddressFamilies families)
    {
        Host = host;
        Families = families;
        // Threads and sockets belong to the namespace in which they are made.
        (Watch, Kernel) = host.Namespace.Run(() => (
            new NetworkWatch(NullLogger<NetworkWatch>.Instance),
            new KernelReconciler(TimeProvider.System, new OverlayMetrics(_meters), NullLogger<KernelReconciler>.Instance)));
        Sysctls = new SysctlKeeper(Watch, new SysctlFiles(), TimeProvider.System, NullLogger<SysctlKeeper>.Instance);
        Vxlan = new VxlanBackend(Kernel, Watch, Sysctls, Options.Create(VxlanOptions), new Random(host.Number), NullLogger<VxlanBackend>.Instance);
        HostGateway = new HostGatewayBackend(Kernel, Sysctls, NullLogger<HostGatewayBackend>.Instance);
    }

    public TestHost Host { get; }

    public AddressFamilies Families { get; }

    public NetworkWatch Watch { get; }

    public KernelReconciler Kernel { get; }

    public SysctlKeeper Sysctls { get; }

    public VxlanOptions VxlanOptions { get; } = new();

    public VxlanBackend Vxlan { get; }

    public HostGatewayBackend HostGateway { get; }

    public Live<Underlay> Underlay { get; private set; } = null!;

    public Lease Own { get; private set; } = null!;

    public IOverlayNetwork Network => _network!;

    public SubnetPair Subnets => Nodes.Lease(Host.Number, Families).Subnets;

    public async Task<Live<Underlay>> SelectAsync(UnderlaySelection? selection = null) =>
        await new UnderlaySelector(Watch, NullLogger<UnderlaySelector>.Instance).SelectAsync(selection ?? new UnderlaySelection(), Families, TestContext.Current.CancellationToken);

    /// <summary>Opens a network of the backend and activates it with the node's own lease.</summary>
    public async Task OpenAsync(IBackend? backend = null, string settings = "", OwnRecord? own = null, UnderlaySelection? selection = null)
    {
        backend ??= Vxlan;
        Underlay = await SelectAsync(selection);
        _network = await backend.OpenAsync(Nodes.Context(Underlay, Families, $$"""{"Type":"{{backend.Name}}"{{settings}}}""", own), TestContext.Current.CancellationToken);
        Own = new Lease { Subnets = Subnets, Attributes = Network.Facts.Current.Attributes };
    }

    public async Task ActivateAsync()
    {
        await Network.ActivateAsync(Own, TestContext.Current.CancellationToken);
        await CommitAsync();
    }

    /// <summary>Takes the other nodes' leases as they are now for all the leases there are.</summary>
    public async Task ApplyAsync(params IEnumerable<Lease> peers)
    {
        await Network.ApplyAsync(new LeaseBatch.Snapshot([.. peers]), TestContext.Current.CancellationToken);
        await CommitAsync();
        Assert.Empty(Network.Status.Failed);
    }

    public ValueTask CommitAsync() => Kernel.CommitAsync(TestContext.Current.CancellationToken);

    /// <summary>Opens, activates and introduces all nodes to each other.</summary>
    public static async Task JoinAsync(IReadOnlyList<BackendNode> nodes, Func<BackendNode, IBackend>? backend = null, string settings = "")
    {
        foreach (var node in nodes)
        {
            await node.OpenAsync(backend?.Invoke(node), settings);
            await node.ActivateAsync();
        }

        foreach (var node in nodes)
        {
            await node.ApplyAsync(nodes.Where(other => other != node).Select(other => other.Own));
        }
    }

    public Task<string> IpAsync(string arguments) => ChildProcess.RunAsync(Host.Name, "ip", arguments.Split(' '));

    public void Until(Func<bool> condition) => KernelWatch.Until(Host.Namespace, _ => condition(), Deadline);

    public async Task<NetworkFacts> UntilFactsAsync(Func<NetworkFacts, bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Deadline);
        var facts = Network.Facts.Current;
        while (!condition(facts))
        {
            facts = await Network.Facts.WaitForOtherThanAsync(facts, deadline.Token);
        }

        return facts;
    }

    public async ValueTask DisposeAsync()
    {
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        Watch.Dispose();
        await Kernel.DisposeAsync();
        _meters.Dispose();
    }

    /// <summary>Pings from one workload to another; gives whether an answer came in time.</summary>
    public static async Task<bool> PingAsync(TestWorkload from, IPAddress to, int? payload = null, int seconds = 5)
    {
        string[] size = payload is { } bytes ? ["-M", "do", "-s", $"{bytes}"] : [];
        await using var ping = ChildProcess.Start(from.Name, "ping", ["-n", "-c", "1", "-W", $"{seconds}", .. size, $"{to}"]);
        await ping.WaitForExitAsync(Deadline);
        return ping.ExitCode == 0;
    }
}
