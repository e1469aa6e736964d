using System.Net;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;
using Overlay.TestKit.Traffic;
using Xunit;

namespace Overlay.Linux.Tests.Namespaces;

/// <summary>The test kit itself: what other tests stand on.</summary>
[Trait("Needs", "root")]
public sealed class TestTopologyTests
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(10);

    public TestTopologyTests() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");

    [Theory]
    [InlineData(AddressFamilies.IPv4)]
    [InlineData(AddressFamilies.IPv6)]
    [InlineData(AddressFamilies.Dual)]
    public async Task Workloads_WithRoutesBetweenHosts_ReachEachOther(AddressFamilies families)
    {
        using var topology = new TestTopology(new TestTopologyOptions { Hosts = 2, Families = families });
        var workloads = topology.Hosts.Select(host => host.AddWorkload(Lease(families, host.Number), 1450)).ToArray();
        foreach (var (host, other) in new[] { (topology.Hosts[0], topology.Hosts[1]), (topology.Hosts[1], topology.Hosts[0]) })
        {
            foreach (var (subnet, gateway) in Routes(families, other))
            {
                host.Route.Execute(batch => batch.ReplaceRoute(new RouteMessage { Destination = subnet, Gateway = gateway, Protocol = 111 }));
            }
        }

        foreach (var address in new[] { workloads[1].Addresses.IPv4, workloads[1].Addresses.IPv6 }.OfType<IPAddress>())
        {
            using var probe = TrafficProbe.Start(workloads[0].Namespace, workloads[1].Namespace, address);
            await probe.WaitForTrafficAsync(_deadline);
            await ChildProcess.RunAsync(workloads[0].Name, "ping", "-c", "3", "-i", "0.1", "-W", "5", address.ToString());
            var result = probe.Stop();

            Assert.True(result.Sent > 100, result.ToString());
            Assert.Equal((0, 0, TimeSpan.Zero), (result.Lost, result.Duplicated, result.LongestOutage));
        }
    }

    [Fact]
    public async Task TrafficProbe_CablePulled_CountsLoss()
    {
        using var topology = new TestTopology(new TestTopologyOptions { Hosts = 2 });
        using var probe = TrafficProbe.Start(topology.Hosts[0].Namespace, topology.Hosts[1].Namespace, topology.Hosts[1].Addresses.IPv4!);
        await probe.WaitForTrafficAsync(_deadline);

        topology.Hosts[1].SetCable(false);
        await ChildProcess.RunAsync(null, "sleep", "0.1");
        topology.Hosts[1].SetCable(true);
        await probe.WaitForArrivalAsync(_deadline);
        var result = probe.Stop();

        Assert.InRange(result.Lost, 50, result.Sent);
        Assert.InRange(result.LongestOutage, TimeSpan.FromMilliseconds(50), _deadline);
    }

    [Fact]
    public void Dispose_Topology_RemovesEveryName()
    {
        string[] names;
        using (var topology = new TestTopology())
        {
            topology.Hosts[0].AddWorkload(Lease(AddressFamilies.Dual, 1), 1450);
            names = [.. topology.Hosts.Select(host => host.Name), topology.Hosts[0].Workloads[0].Name];
            Assert.All(names, name => Assert.True(File.Exists($"/run/netns/{name}")));
        }

        Assert.All(names, name => Assert.False(File.Exists($"/run/netns/{name}")));
    }

    [Fact]
    public void SetUnderlay_Down_DefaultRouteGoes()
    {
        using var topology = new TestTopology(new TestTopologyOptions { Hosts = 1 });
        var host = topology.Hosts[0];

        host.SetUnderlay(false);
        KernelWatch.Until(host.Namespace, route => route.ListRoutes().TrueForAll(r => r.Destination.Length != 0), _deadline);
        host.SetUnderlay(true);
        host.AddDefaultRoutes();

        Assert.Contains(host.Route.ListRoutes(), route => route.Destination.Length == 0 && route.Gateway == InetAddress.Parse("192.0.2.254"));
    }

    [Fact]
    public async Task ChildProcess_InNamespace_SeesItsLinks()
    {
        using var topology = new TestTopology(new TestTopologyOptions { Hosts = 1 });
        await using var child = ChildProcess.Start(topology.Hosts[0].Name, "ip", ["monitor", "link"]);
        topology.Hosts[0].Route.Execute(batch => batch.CreateBridge(new LinkSettings { Name = "cni0" }));
        topology.Hosts[0].Route.Execute(batch => batch.ChangeLink(1, new LinkSettings { Mtu = 9000 }));

        await ChildProcess.RunAsync(topology.Hosts[0].Name, "ip", "link", "show", "cni0");

        Assert.False(child.HasExited);
        child.Terminate();
        await child.WaitForExitAsync(_deadline);
    }

    private static SubnetPair Lease(AddressFamilies families, int number) => new(
        families.HasFlag(AddressFamilies.IPv4) ? IPNetwork.Parse($"10.244.{number}.0/24") : null,
        families.HasFlag(AddressFamilies.IPv6) ? IPNetwork.Parse($"fc00:0:0:{number}::/64") : null);

    private static IEnumerable<(InetPrefix Subnet, InetAddress Gateway)> Routes(AddressFamilies families, TestHost other)
    {
        var lease = Lease(families, other.Number);
        if (lease.IPv4 is { } ipv4)
        {
            yield return (new InetPrefix(ipv4), new InetAddress(other.Addresses.IPv4!));
        }

        if (lease.IPv6 is { } ipv6)
        {
            yield return (new InetPrefix(ipv6), new InetAddress(other.Addresses.IPv6!));
        }
    }
}
