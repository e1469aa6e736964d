using Xunit;

namespace Overlay.Linux.Tests.Kernel;

[Trait("Needs", "root")]
public class RealKernelTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commit_FreshNamespace_AllEntriesStand()
    {
        using var host = new KernelHost();
        await using var reconciler = host.Start();
        var scope = KernelHost.Want(reconciler, peers: 100);

        await reconciler.CommitAsync(Cancellation);

        Assert.Equal((302, 0), (scope.Status.Entries, scope.Status.Pending));
        Assert.Empty(scope.Status.Failed);
        Assert.Equal((100, 100, 100), host.Count());
        Assert.Contains("10.0.7.0/24 via 10.0.7.0 dev flannel.1 proto 111 onlink", host.Ip("route"), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Disturbances => new()
    {
        { "link", "link del flannel.1" },
        { "link", "link set flannel.1 down" },
        { "link", "link set flannel.1 address 02:00:00:00:99:99" },
        { "link", "link set flannel.1 mtu 1300" },
        { "link", "link set flannel.1 type vxlan learning" },
        { "address", "addr del 10.0.0.0/32 dev flannel.1" },
        { "neighbour", "neigh flush dev flannel.1 nud permanent" },
        { "neighbour", "neigh replace 10.0.3.0 dev flannel.1 lladdr 02:00:00:00:99:99 nud permanent" },
        { "route", "route flush dev flannel.1 proto 111" },
        { "route", "route replace 10.0.3.0/24 dev eth0" },
        { "route", "route replace 10.0.3.0/24 nexthop via 192.0.2.7 nexthop via 192.0.2.8" },
        { "route", "route add blackhole 10.0.3.0/24 metric 5 proto 111" },
        { "fdb", "BRIDGE fdb replace 02:00:01:00:00:03 dev flannel.1 dst 192.0.2.77 self permanent" },
        { "fdb", "BRIDGE fdb flush dev flannel.1" },
        { "link", "link del eth0" },
    };

    [Theory]
    [MemberData(nameof(Disturbances))]
    public async Task Repair_AfterForeignChange_WholeAgainAndCounted(string kind, string command)
    {
        using var host = new KernelHost();
        await using var reconciler = host.Start();
        var scope = KernelHost.Want(reconciler, peers: 100);
        await reconciler.CommitAsync(Cancellation);
        var before = State(host);

        if (command.StartsWith("BRIDGE ", StringComparison.Ordinal))
        {
            host.Bridge(command[7..]);
        }
        else
        {
            host.Ip(command);
        }

        if (command == "link del eth0")
        {
            host.Ip("link add eth0 type veth peer name eth1");
            host.Ip("link set eth0 up");
        }

        var time = host.Until(() => State(host) == before, command);
        TestContext.Current.TestOutputHelper?.WriteLine($"{time.TotalMilliseconds:f1} ms, {string.Join(", ", reconciler.LastRepairs.Take(3))}");
        await reconciler.CommitAsync(Cancellation);
        Assert.Equal(0, scope.Status.Pending);
        Assert.True(host.RepairsOf(kind) > 0 || command.Contains("metric 5", StringComparison.Ordinal), "not counted");
    }

    // Everything but the device's index.
    private static string State(KernelHost host)
    {
        if (host.Route.FindLink(KernelHost.Device) is not { } link)
        {
            return "no device";
        }

        return string.Join('\n',
            [
                (link with { Index = 0, Lower = 0, Vxlan = link.Vxlan!.Value with { Underlay = host.Route.FindLink("eth0")?.Index == link.Vxlan.Value.Underlay ? 1 : 2 } }).ToString(),
                .. host.Route.ListAddresses(link.Index, System.Net.Sockets.AddressFamily.InterNetwork).Select(a => $"{a with { Link = 0 }}"),
                .. host.Route.ListNeighbours(link.Index, System.Net.Sockets.AddressFamily.InterNetwork).Select(n => $"{n with { Link = 0 }}").Order(),
                .. host.Route.ListForwarding(link.Index).Select(f => $"{f with { Link = 0 }}").Order(),
                .. host.Route.ListRoutes(System.Net.Sockets.AddressFamily.InterNetwork, table: 254).Where(r => KernelHost.Claim.HasNetworkOf(r.Destination)).Select(r => $"{r with { Link = r.Link == link.Index ? 1 : 0 }}").Order(),
            ]);
    }
}
