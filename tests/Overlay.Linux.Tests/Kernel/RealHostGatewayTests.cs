using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;
using Xunit;

namespace Overlay.Linux.Tests.Kernel;

[Trait("Needs", "root")]
public class RealHostGatewayTests
{
    private static readonly ScopeClaim _claim = new("host-gw", [], KernelHost.Claim.Network);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Disturbances =>
    [
        "link set eth0 down; link set eth0 up; addr replace 2001:db8::1/64 dev eth0 nodad",
        "addr flush dev eth0; addr add 192.0.2.1/24 dev eth0; addr add 2001:db8::1/64 dev eth0 nodad",
        "link del eth0; " + KernelHost.MakeUnderlay,
        "route flush proto 111; -6 route flush proto 111",
    ];

    [Theory]
    [MemberData(nameof(Disturbances))]
    public async Task Repair_UnderlayDisturbed_RoutesAreBack(string commands)
    {
        using var host = new KernelHost();
        await using var reconciler = host.Start();
        var scope = Want(reconciler, peers: 50);
        await reconciler.CommitAsync(Cancellation);
        Assert.Equal(Routes(host), scope.Status.Entries);

        host.Do(commands);

        var time = host.Until(() => Routes(host) == 100 && scope.Status is { Pending: 0, Failed.Count: 0 } && host.RepairsOf("route") > 0, commands);
        TestContext.Current.TestOutputHelper?.WriteLine($"{time.TotalMilliseconds:f1} ms after {commands}");
    }

    [Fact]
    public async Task Commit_GatewayNotReachable_SaysWhyAndFollowsTheAddress()
    {
        using var host = new KernelHost();
        host.Do("addr flush dev eth0");
        await using var reconciler = host.Start();
        var scope = Want(reconciler, peers: 1);

        await reconciler.CommitAsync(Cancellation);
        Assert.All(scope.Status.Failed, failed => Assert.Matches("Nexthop has invalid gateway|No route to host", failed.Error));
        Assert.Equal(2, scope.Status.Failed.Count);

        host.Do("addr add 192.0.2.1/24 dev eth0; addr add 2001:db8::1/64 dev eth0 nodad");
        host.Until(() => Routes(host) == 2, "the routes follow the address");
    }

    private static IKernelScope Want(KernelReconciler reconciler, int peers)
    {
        var scope = reconciler.OpenScope(_claim);
        for (var number = 1; number <= peers; number++)
        {
            var (v4, v6) = (InetAddress.FromIPv4(0x0A00_0000 + ((uint)number << 8)), InetAddress.FromIPv6(InetAddress.Parse("2001:cafe:42::").Value + ((UInt128)(uint)number << 64)));
            scope.Replace(KernelHost.PeerName(number),
            [
                new RouteEntry { Destination = new InetPrefix(v4, 24), Gateway = InetAddress.FromIPv4(0xC000_0201 + (uint)number), Device = "eth0" },
                new RouteEntry { Destination = new InetPrefix(v6, 64), Gateway = InetAddress.FromIPv6(InetAddress.Parse("2001:db8::1").Value + (uint)number), Device = "eth0", Metric = 1024 },
            ]);
        }

        scope.RetainOnly(Enumerable.Range(1, peers).Select(KernelHost.PeerName).ToHashSet());
        return scope;
    }

    private static int Routes(KernelHost host) => host.Route.ListRoutes(protocol: RouteProtocols.Overlay).Count;
}
