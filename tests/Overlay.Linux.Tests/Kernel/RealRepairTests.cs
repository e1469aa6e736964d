using Xunit;

namespace Overlay.Linux.Tests.Kernel;

[Trait("Needs", "root")]
public class RealRepairTests
{
    private const string UnderlayAgain = "; " + KernelHost.MakeUnderlay;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Disturbances => new()
    {
        { "link", "link del flannel.1" },
        { "link", "link set flannel.1 down" },
        { "route", "link set flannel.1 down; link set flannel.1 up" },
        { "link", "link set flannel.1 address 02:00:00:00:99:99" },
        { "link", "link set flannel.1 mtu 1300" },
        { "link", "link set flannel.1 type vxlan learning" },
        { "address", "addr del 10.0.0.0/32 dev flannel.1" },
        { "address", "addr flush dev flannel.1" },
        { "neighbour", "neigh flush dev flannel.1 nud permanent" },
        { "neighbour", "neigh replace 10.0.3.0 dev flannel.1 lladdr 02:00:00:00:99:99 nud permanent" },
        { "neighbour", "neigh replace 10.0.3.0 dev flannel.1 lladdr 02:00:01:00:00:03 nud stale" },
        { "route", "route flush dev flannel.1 proto 111" },
        { "route", "route replace 10.0.3.0/24 dev eth0" },
        { "route", "route change 10.0.3.0/24 via 10.0.3.0 dev flannel.1 onlink mtu 1200" },
        { "route", "route replace 10.0.3.0/24 nexthop via 192.0.2.7 nexthop via 192.0.2.8" },
        { "route", "route replace blackhole 10.0.3.0/24" },
        { "route", "route prepend 10.0.3.0/24 dev eth0" },
        { "route", "route append 10.0.3.0/24 dev eth0" },
        { "", "route add blackhole 10.0.3.0/24 metric 5 proto 111" },
        { "", "route add 10.0.200.0/24 dev flannel.1" },
        { "", "neigh add 10.0.200.0 lladdr 02:00:00:00:99:99 dev flannel.1 nud permanent" },
        { "", "addr add 10.0.200.0/32 dev flannel.1" },
        { "", "fdb append 00:00:00:00:00:00 dev flannel.1 dst 192.0.2.99; fdb append 00:00:00:00:00:00 dev flannel.1 dst 192.0.2.98" },
        { "fdb", "fdb replace 02:00:01:00:00:03 dev flannel.1 dst 192.0.2.77 self permanent" },
        { "fdb", "fdb replace 02:00:01:00:00:03 dev flannel.1 dst 192.0.3.3 port 99 self permanent" },
        { "fdb", "fdb flush dev flannel.1" },
        { "link", "link del eth0" + UnderlayAgain },
    };

    [Theory]
    [MemberData(nameof(Disturbances))]
    public async Task Repair_AfterForeignChange_WholeAgainAndCounted(string kind, string commands)
    {
        using var host = new KernelHost();
        await using var reconciler = host.Start();
        var scope = KernelHost.Want(reconciler, peers: 100);
        await reconciler.CommitAsync(Cancellation);
        var before = host.State();

        host.Do(commands);

        var time = host.Until(() => host.State() == before && scope.Status is { Pending: 0, Failed.Count: 0 }, commands);
        TestContext.Current.TestOutputHelper?.WriteLine($"{time.TotalMilliseconds:f1} ms after {commands}");
        await reconciler.CommitAsync(Cancellation);
        Assert.Equal(kind.Length > 0, host.Repairs.GetMeasurementSnapshot().Count > 0);
        Assert.True(kind.Length == 0 || host.RepairsOf(kind) > 0, string.Join(", ", reconciler.LastRepairs));
    }
}
