using System.Diagnostics;
using Overlay.Linux.Kernel;
using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>One host and many made-up peers, programmed by overlayd or by the tools.</summary>
internal static class VxlanPeers
{
    public const string Configuration =
        $$"""{ "Network": "{{SamplePeer.Network}}", "SubnetLen": 24, "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""";

    /// <summary>How long <c>ip -batch</c> and <c>bridge -batch</c> take for the device and all peers, in a fresh namespace.</summary>
    public static async Task<double> TimeToolsAsync(int peers)
    {
        using var topology = new TestTopology(new TestTopologyOptions { Hosts = 1 });
        var folder = Directory.CreateTempSubdirectory("ovbench-");
        try
        {
            var (ip, bridge) = (Path.Combine(folder.FullName, "ip"), Path.Combine(folder.FullName, "bridge"));
            var all = Enumerable.Range(0, peers).Select(SamplePeer.At).ToArray();
            await File.WriteAllLinesAsync(ip,
            [
                "link add flannel.1 address 02:42:ff:ff:ff:ff mtu 1450 type vxlan id 1 local 192.0.2.1 dev eth0 dstport 8472 nolearning",
                "address add 10.0.5.0/32 dev flannel.1",
                "link set flannel.1 up",
                .. all.Select(peer => $"neigh replace {peer.Subnet.Address} lladdr {peer.Mac} nud permanent dev flannel.1"),
                .. all.Select(peer => $"route replace {peer.Subnet} via {peer.Subnet.Address} dev flannel.1 onlink proto 111"),
            ]);
            await File.WriteAllLinesAsync(bridge, all.Select(peer => $"fdb replace {peer.Mac} dev flannel.1 dst {peer.Remote} self permanent"));
            var watch = Stopwatch.StartNew();
            await Tool.RunAsync(topology.Hosts[0].Name, $"ip -batch {ip}");
            await Tool.RunAsync(topology.Hosts[0].Name, $"bridge -batch {bridge}");
            var elapsed = watch.Elapsed.TotalMilliseconds;
            RequireEntries(topology.Hosts[0], peers);
            return elapsed;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>How long overlayd takes from its start until it is ready, with so many leases in its store.</summary>
    /// <param name="peers">How many peers.</param>
    /// <param name="afterwards">Looks at the running agent; its time does not count.</param>
    public static async Task<double> TimeAgentAsync(int peers, Func<AgentHost, Task>? afterwards = null)
    {
        await using var lab = new AgentLab(new TestTopologyOptions { Hosts = 1 });
        lab.Configure(Configuration);
        await SeedAsync(lab, peers);
        var watch = Stopwatch.StartNew();
        await lab.Agents[0].StartReadyAsync(CancellationToken.None, seconds: 120);
        var elapsed = watch.Elapsed.TotalMilliseconds;
        RequireEntries(lab.Agents[0].Host, peers);
        await (afterwards?.Invoke(lab.Agents[0]) ?? Task.CompletedTask);
        return elapsed;
    }

    /// <summary>Writes the leases of the peers to the lab's store.</summary>
    public static Task SeedAsync(AgentLab lab, int peers) => LeaseSeed.WriteAsync(lab.StorePath, Enumerable.Range(0, peers).Select(LeaseOf));

    /// <summary>A peer's lease in flannel's bytes.</summary>
    public static (string Key, string Value) LeaseOf(int number)
    {
        var peer = SamplePeer.At(number);
        return (peer.ToLease().Key, $$$"""{"PublicIP":"{{{peer.Remote}}}","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"{{{peer.Mac}}}"}}""");
    }

    /// <summary>How many routes, permanent neighbours and forwarding entries <c>flannel.1</c> has for peers.</summary>
    public static (int Routes, int Neighbours, int Forwardings) Count(RouteNetlink kernel)
    {
        if (kernel.FindLink("flannel.1") is not { } link)
        {
            return default;
        }

        return (
            kernel.ListRoutes(link: link.Index, protocol: RouteProtocols.Overlay).Count,
            kernel.ListNeighbours(link.Index).Count(neighbour => neighbour.State.HasFlag(NeighbourStates.Permanent)),
            kernel.ListForwarding(link.Index).Count(entry => !entry.Remote.IsNone));
    }

    private static void RequireEntries(TestHost host, int peers)
    {
        if (Count(host.Route) is var counts && counts != (peers, peers, peers))
        {
            throw new InvalidOperationException($"{peers} peers need as many entries of each kind; the kernel has {counts}.");
        }
    }
}
