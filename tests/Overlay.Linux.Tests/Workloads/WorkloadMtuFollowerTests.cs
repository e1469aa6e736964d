using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Linux.Netlink.Route;
using Overlay.Linux.Underlay;
using Overlay.Linux.Workloads;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Xunit;

namespace Overlay.Linux.Tests.Workloads;

/// <summary>Real workloads on a real bridge, without any plugin.</summary>
[Trait("Needs", "root")]
public sealed class WorkloadMtuFollowerTests : IDisposable
{
    private static readonly SubnetPair _subnets = new(IPNetwork.Parse("10.244.1.0/24"), IPNetwork.Parse("fd00:244:1::/64"));

    private readonly TestTopology _topology;
    private readonly FakeLogger<WorkloadMtuFollower> _logger = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly NetworkWatch _watch;

    public WorkloadMtuFollowerTests()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        _topology = new TestTopology(new TestTopologyOptions { Hosts = 1, Families = AddressFamilies.Dual });
        _watch = Host.Namespace.Run(() => new NetworkWatch(NullLogger<NetworkWatch>.Instance));
    }

    private TestHost Host => _topology.Hosts[0];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _watch.Dispose();
        _topology.Dispose();
    }

    [Theory]
    [InlineData(1450, 1400)]
    [InlineData(1400, 1450)]
    public async Task Follow_Change_BridgeAndBothEndsOfEveryWorkload(int former, int mtu)
    {
        var workloads = new[] { Host.AddWorkload(_subnets, former), Host.AddWorkload(_subnets, former) };
        using var follower = Create();

        await follower.FollowAsync(new WorkloadMtu(_subnets, mtu, former), Cancellation);

        Assert.All(workloads, workload => Assert.Equal(mtu, MtuInside(workload)));
        Assert.Equal([mtu, mtu, mtu], [HostMtu("cni0"), HostMtu("workload1"), HostMtu("workload2")]);
        await AssertFitsAsync(workloads[0], workloads[1].Addresses.IPv4!, mtu - 28);
        await AssertFitsAsync(workloads[0], workloads[1].Addresses.IPv6!, mtu - 48);
        Assert.Contains("2 workloads follow", Assert.Single(_logger.Collector.GetSnapshot()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follow_RoutesWithAnMtu_FollowAndKeepEverythingElse()
    {
        var workload = Host.AddWorkload(_subnets, 1450);
        await Tool.RunAsync(workload.Name, "ip route replace 198.51.100.0/24 via 10.244.1.1 dev eth0 mtu 1450 advmss 1300 proto 77 metric 5 src 10.244.1.2");
        await Tool.RunAsync(workload.Name, "ip route replace 203.0.113.0/24 via 10.244.1.1 dev eth0 mtu 1000");
        await Tool.RunAsync(workload.Name, "ip route replace 192.0.2.0/24 via 10.244.1.1 dev eth0 table 1234 mtu lock 1450");
        await Tool.RunAsync(workload.Name, "ip -6 route replace 2001:db8:1::/64 via fd00:244:1::1 dev eth0 mtu 1450");
        using var follower = Create();

        await follower.FollowAsync(new WorkloadMtu(_subnets, 1400, 1450), Cancellation);

        var routes = await Tool.RunAsync(workload.Name, "ip route show table all");
        Assert.Contains("198.51.100.0/24 via 10.244.1.1 dev eth0 proto 77 src 10.244.1.2 metric 5 mtu 1400 advmss 1300", routes, StringComparison.Ordinal);
        Assert.Contains("203.0.113.0/24 via 10.244.1.1 dev eth0 mtu 1000", routes, StringComparison.Ordinal);
        Assert.Contains("192.0.2.0/24 via 10.244.1.1 dev eth0 table 1234 mtu lock 1400", routes, StringComparison.Ordinal);
        Assert.Contains("2001:db8:1::/64 via fd00:244:1::1 dev eth0 metric 1024 mtu 1400", await Tool.RunAsync(workload.Name, "ip -6 route show"), StringComparison.Ordinal);

        await follower.FollowAsync(new WorkloadMtu(_subnets, 1450, 1400), Cancellation);

        routes = await Tool.RunAsync(workload.Name, "ip route show table all");
        Assert.Contains("198.51.100.0/24 via 10.244.1.1 dev eth0 proto 77 src 10.244.1.2 metric 5 mtu 1450 advmss 1300", routes, StringComparison.Ordinal);
        Assert.Contains("203.0.113.0/24 via 10.244.1.1 dev eth0 mtu 1000", routes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follow_NamespaceCannotBeFound_HostTellsTheWorkloadAndTheLogSaysSo()
    {
        var workload = Host.AddWorkload(_subnets, 1450);
        Host.Route.Execute(batch => batch.ChangeLink(Host.Route.FindLink("eth0")!.Index, new LinkSettings { Mtu = 1400 }));
        using var follower = Create(folders: []);

        await follower.FollowAsync(new WorkloadMtu(_subnets, 1400, 1450), Cancellation);

        Assert.Equal([1400, 1450, 1450], [HostMtu("cni0"), HostMtu("workload1"), MtuInside(workload)]);
        var tooLarge = await Tool.TryRunAsync(workload.Name, "ping", ["-M", "do", "-s", "1422", "-c", "2", "-i", "0.2", "-W", "2", "192.0.2.254"]);
        Assert.Contains("mtu = 1400", tooLarge.Text, StringComparison.Ordinal);
        var entry = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal(LogLevel.Warning, entry.Level);
        Assert.Contains("1 workloads keep the MTU 1450", entry.Message, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_ADMIN", entry.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follow_WorkloadAttachedWithTheOldMtuAfterwards_FollowsToo()
    {
        Host.AddWorkload(_subnets, 1450);
        using var follower = Create();
        await follower.FollowAsync(new WorkloadMtu(_subnets, 1400, 1450), Cancellation);

        var late = Host.AddWorkload(_subnets, 1450);

        KernelWatch.Until(late.Namespace, route => route.FindLink("eth0")!.Mtu == 1400, TimeSpan.FromSeconds(30));
        KernelWatch.Until(Host.Namespace, route => route.FindLink("workload2")!.Mtu == 1400, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Follow_RoutedWorkload_FollowsWithoutABridge()
    {
        using var container = new Overlay.TestKit.Cni.CniContainer();
        Host.Route.Execute(batch => batch.CreateVeth(
            new LinkSettings { Name = "ptp0", Mtu = 1450, IsUp = true }, new LinkSettings { Name = "eth0", Mtu = 1450, Namespace = container.Namespace.Handle }));
        Host.Route.Execute(batch => batch.ReplaceAddress(Host.Route.FindLink("ptp0")!.Index, InetPrefix.Parse("10.244.1.1/32")));
        using var follower = Create();

        await follower.FollowAsync(new WorkloadMtu(_subnets, 1400, 1450), Cancellation);

        Assert.Equal([1400, 1400], [HostMtu("ptp0"), container.Ask(route => route.FindLink("eth0")!.Mtu)]);
    }

    [Fact]
    public async Task Follow_OtherBridgesAndOtherVeths_AreLeftAlone()
    {
        using var container = new Overlay.TestKit.Cni.CniContainer();
        Host.Route.Execute(batch => batch.CreateBridge(new LinkSettings { Name = "docker0", Mtu = 1450, IsUp = true }));
        Host.Route.Execute(batch => batch.CreateVeth(
            new LinkSettings { Name = "other0", Mtu = 1450, Master = Host.Route.FindLink("docker0")!.Index },
            new LinkSettings { Name = "eth0", Mtu = 1450, Namespace = container.Namespace.Handle }));
        Host.AddWorkload(_subnets, 1450);
        using var follower = Create();

        await follower.FollowAsync(new WorkloadMtu(_subnets, 1400, 1450), Cancellation);

        Assert.Equal([1450, 1450, 1400], [HostMtu("docker0"), HostMtu("other0"), HostMtu("cni0")]);
        Assert.Equal(1450, container.Ask(route => route.FindLink("eth0")!.Mtu));
    }

    private WorkloadMtuFollower Create(IReadOnlyList<string>? folders = null) =>
        new(_watch, folders is null ? new WorkloadNamespaces(WorkloadNamespaces.UsualFolders) : new WorkloadNamespaces(folders), _clock, _logger);

    private int HostMtu(string name) => Host.Route.FindLink(name)!.Mtu;

    private static int MtuInside(TestWorkload workload) => workload.Namespace.Run(() =>
    {
        using var route = new RouteNetlink();
        return route.FindLink("eth0")!.Mtu;
    });

    private static async Task AssertFitsAsync(TestWorkload from, IPAddress to, int payload)
    {
        var fits = await Tool.TryRunAsync(from.Name, "ping", ["-M", "do", "-s", $"{payload}", "-c", "1", "-W", "5", $"{to}"]);
        var tooLarge = await Tool.TryRunAsync(from.Name, "ping", ["-M", "do", "-s", $"{payload + 1}", "-c", "1", "-W", "5", $"{to}"]);
        Assert.True(fits.Status == 0, fits.Text);
        Assert.True(tooLarge.Status != 0, tooLarge.Text);
    }
}
