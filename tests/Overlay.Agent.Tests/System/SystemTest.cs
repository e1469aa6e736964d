using System.Net;
using Overlay.Core.Addressing;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Traffic;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>What the tests of the running overlayd have in common: hosts in namespaces, text of the kernel's state, traffic.</summary>
[Trait("Needs", "root")]
public abstract class SystemTest
{
    protected const string Vxlan = """{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""";

    protected const string DualVxlan =
        """{ "Network": "10.244.0.0/16", "EnableIPv6": true, "IPv6Network": "fd00:244::/48", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""";

    protected const string IPv6Vxlan = """{ "EnableIPv4": false, "EnableIPv6": true, "IPv6Network": "fd00:244::/48", "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""";

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Hosts with stopped agents.</summary>
    protected static AgentLab CreateLab(int hosts, AddressFamilies families = AddressFamilies.IPv4, bool hasDefaultRoute = true)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        return new AgentLab(new TestTopologyOptions { Hosts = hosts, Families = families, HasDefaultRoute = hasDefaultRoute });
    }

    /// <summary>Whether a packet of so many bytes of payload passes unfragmented; the text is ping's.</summary>
    protected static async Task<ToolResult> PingAsync(TestWorkload from, IPAddress to, int payload = 56) =>
        await Tool.TryRunAsync(from.Name, "ping", ["-M", "do", "-s", $"{payload}", "-c", "1", "-W", "2", $"{to}"]);

    /// <summary>The largest packet passes unfragmented; one byte more is refused, and the refusal names the MTU.</summary>
    protected static async Task AssertMtuAsync(TestWorkload from, IPAddress to, int mtu)
    {
        var headers = to.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 28 : 48;
        // One answer within the time is enough: the first packet may wait for a handshake that the other side was not ready for.
        var fits = await Tool.TryRunAsync(from.Name, "ping", ["-M", "do", "-s", $"{mtu - headers}", "-c", "1", "-w", "30", $"{to}"]);
        var tooLarge = await PingAsync(from, to, mtu - headers + 1);

        Assert.True(fits.Status == 0, fits.Text);
        Assert.True(tooLarge.Status != 0 && tooLarge.Text.Replace(" ", "", StringComparison.Ordinal).Contains($"mtu", StringComparison.Ordinal), tooLarge.Text);
        Assert.Contains($"{mtu}", tooLarge.Text, StringComparison.Ordinal);
    }

    /// <summary>The workload's addresses, IPv4 first.</summary>
    protected static IEnumerable<IPAddress> AddressesOf(TestWorkload workload) => new[] { workload.Addresses.IPv4, workload.Addresses.IPv6 }.OfType<IPAddress>();

    /// <summary>What overlayd has put into a host's kernel for its peers, one line each, sorted: routes of our protocol, permanent neighbours and forwarding
    /// entries of its devices.</summary>
    protected static async Task<string[]> PeerEntriesAsync(AgentHost agent)
    {
        var lines = new List<string>();
        lines.AddRange(Lines(await agent.RunAsync("ip -4 route show proto 111"), "route"));
        lines.AddRange(Lines(await agent.RunAsync("ip -6 route show proto 111"), "route"));
        lines.AddRange(Lines(await agent.RunAsync("ip neighbour show nud permanent"), "neighbour"));
        lines.AddRange(Lines(await agent.RunAsync("bridge fdb show"), "fdb").Where(line => line.Contains(" dst ", StringComparison.Ordinal)));
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    /// <summary>Waits until the text of the peers' entries is as it was.</summary>
    protected static async Task WaitForEntriesAsync(AgentHost agent, string[] expected)
    {
        string[] found = [];
        await Deadline.UntilAsync(
            () => (found = PeerEntriesAsync(agent).GetAwaiter().GetResult()).SequenceEqual(expected),
            () => $"expected\n{string.Join('\n', expected)}\nfound\n{string.Join('\n', found)}\n{agent.Process.Output}",
            Cancellation,
            everyMilliseconds: 20);
    }

    /// <summary>Steady traffic between two workloads, in both directions, that is being counted.</summary>
    protected static async Task<(TrafficProbe There, TrafficProbe Back)> StartTrafficAsync(TestWorkload left, TestWorkload right, int perSecond = 1000)
    {
        var there = TrafficProbe.Start(left.Namespace, right.Namespace, AddressesOf(right).First(), perSecond);
        var back = TrafficProbe.Start(right.Namespace, left.Namespace, AddressesOf(left).First(), perSecond);
        await there.WaitForTrafficAsync(TimeSpan.FromSeconds(10));
        await back.WaitForTrafficAsync(TimeSpan.FromSeconds(10));
        return (there, back);
    }

    /// <summary>Ends the traffic; not one packet may be missing.</summary>
    protected static void AssertNothingLost((TrafficProbe There, TrafficProbe Back) traffic)
    {
        var (there, back) = (traffic.There.Stop(), traffic.Back.Stop());
        traffic.There.Dispose();
        traffic.Back.Dispose();
        Assert.True(there is { Lost: 0, Sent: > 0 } && back is { Lost: 0, Sent: > 0 }, $"there {there}, back {back}");
    }

    /// <summary>The Ethernet address of a device.</summary>
    protected static async Task<string> MacAsync(AgentHost agent, string device) => (await agent.RunAsync($"ip -brief link show {device}")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];

    /// <summary>Nothing of an agent stands on the host: no device, no route, no rule, no file but its store and its node identity.</summary>
    protected static async Task AssertNothingIsLeftAsync(AgentHost agent)
    {
        Assert.Empty(await PeerEntriesAsync(agent));
        Assert.DoesNotContain("flannel", await agent.RunAsync("ip -brief link show"), StringComparison.Ordinal);
        Assert.DoesNotContain("flannel", await agent.RunAsync("nft list ruleset"), StringComparison.OrdinalIgnoreCase);
        Assert.False(File.Exists(agent.SubnetFile), "subnet.env is left");
        Assert.DoesNotContain(Directory.EnumerateFiles(agent.Folder), file => file.EndsWith(".sock", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Lines(string text, string label) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => $"{label} {line}");
}
