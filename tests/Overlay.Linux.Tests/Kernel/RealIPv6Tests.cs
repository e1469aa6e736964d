using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;
using Xunit;

namespace Overlay.Linux.Tests.Kernel;

[Trait("Needs", "root")]
public class RealIPv6Tests
{
    private const string Device = "flannel-v6.1";

    private static readonly ScopeClaim _claim = new("vxlan", [Device], [InetPrefix.Parse("2001:cafe:42::/48")]);

    private static readonly VxlanLinkEntry _link = KernelHost.Link with { Name = Device, Local = InetAddress.Parse("2001:db8::1"), Mtu = 1430 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Disturbances =>
    [
        "link set flannel-v6.1 down",
        "link set flannel-v6.1 down; link set flannel-v6.1 up",
        "link del flannel-v6.1",
        "addr del 2001:cafe:42::/128 dev flannel-v6.1",
        "-6 route flush dev flannel-v6.1 proto 111",
        "-6 route replace 2001:cafe:42:3::/64 dev eth0 metric 1024",
        "-6 route replace 2001:cafe:42:3::/64 via 2001:db8::9 metric 1024",
        "-6 route append 2001:cafe:42:3::/64 via 2001:db8::9 metric 1024",
        "-6 route add 2001:cafe:42:3::/64 via 2001:db8::9 metric 5 proto 111",
        "neigh flush dev flannel-v6.1 nud permanent",
        "link set flannel-v6.1 address 02:00:00:00:99:99",
        "link set flannel-v6.1 mtu 1300",
    ];

    [Theory]
    [MemberData(nameof(Disturbances))]
    public async Task Repair_AfterForeignChange_WholeAgain(string commands)
    {
        using var host = new KernelHost();
        await using var reconciler = host.Start();
        var scope = Want(reconciler, peers: 20);
        await reconciler.CommitAsync(Cancellation);
        Assert.Equal((62, 0), (scope.Status.Entries, scope.Status.Pending));
        Assert.Empty(scope.Status.Failed);
        var before = State(host);

        host.Do(commands);

        host.Until(() => State(host) == before && scope.Status is { Pending: 0, Failed.Count: 0 }, commands);
    }

    [Fact]
    public async Task Commit_FreshDevice_AddressIsUsableAtOnceAndKernelsOwnEntriesStay()
    {
        using var host = new KernelHost();
        await using (var first = host.Start())
        {
            Want(first, peers: 2);
            await first.CommitAsync(Cancellation);
        }

        Assert.DoesNotContain("tentative", host.Ip("-6 addr show dev flannel-v6.1 to 2001:cafe:42::/48"), StringComparison.Ordinal);
        Assert.Contains("2001:cafe:42:1::/64 via 2001:cafe:42:1:: proto 111 metric 1024 onlink", host.Ip("-6 route show dev flannel-v6.1"), StringComparison.Ordinal);
        Assert.Contains("fe80::", host.Ip("-6 addr show dev flannel-v6.1"), StringComparison.Ordinal);

        // A route without a word about its metric has 1024.
        host.Do("-6 route add 2001:cafe:42:9::/64 via 2001:cafe:42:9:: dev flannel-v6.1 onlink; addr add fd00::1/64 dev flannel-v6.1 nodad");
        await using var second = host.Start();
        Want(second, peers: 2);
        Assert.Equal(
            ["remove route 2001:cafe:42:9::/64 via 2001:cafe:42:9:: dev flannel-v6.1 onlink"],
            await second.PlanAsync(Cancellation));
    }

    [Fact]
    public async Task Commit_IPv6DisabledOnTheDevice_SaysSoAndRecovers()
    {
        using var host = new KernelHost();
        host.Namespace.Run(() => File.WriteAllText("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
        await using var reconciler = host.Start();
        var scope = Want(reconciler, peers: 1);

        await reconciler.CommitAsync(Cancellation);

        Assert.Contains(scope.Status.Failed, failed => failed.Entry.StartsWith("address", StringComparison.Ordinal)
            && failed.Error.Contains("is IPv6 disabled on 'flannel-v6.1' (sysctl net.ipv6.conf.flannel-v6/1.disable_ipv6)?", StringComparison.Ordinal));
        host.Namespace.Run(() => File.WriteAllText("/proc/sys/net/ipv6/conf/flannel-v6.1/disable_ipv6", "0"));
        host.Until(() => scope.Status is { Pending: 0, Failed.Count: 0 }, "IPv6 is enabled again");
    }

    private static IKernelScope Want(KernelReconciler reconciler, int peers)
    {
        var scope = reconciler.OpenScope(_claim);
        scope.Replace("own", [_link, new AddressEntry(Device, InetPrefix.Parse("2001:cafe:42::/128"))]);
        var names = new HashSet<string> { "own" };
        for (var number = 1; number <= peers; number++)
        {
            var subnet = InetAddress.FromIPv6(InetAddress.Parse("2001:cafe:42::").Value + ((UInt128)(uint)number << 64));
            scope.Replace(KernelHost.PeerName(number),
            [
                new NeighbourEntry(Device, subnet, KernelHost.MacOf(number)),
                new ForwardingEntry(Device, KernelHost.MacOf(number), InetAddress.FromIPv6(InetAddress.Parse("2001:db8::").Value + (uint)number + 1)),
                new RouteEntry { Destination = new InetPrefix(subnet, 64), Gateway = subnet, Device = Device, IsOnLink = true, Metric = RouteEntry.IPv6DefaultMetric },
            ]);
            names.Add(KernelHost.PeerName(number));
        }

        scope.RetainOnly(names);
        return scope;
    }

    private static string State(KernelHost host) => host.State(Device, _claim);
}
