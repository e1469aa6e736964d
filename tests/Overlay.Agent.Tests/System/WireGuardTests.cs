using Overlay.Core.Addressing;
using Overlay.TestKit.Agents;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>Three hosts over SQLite with the wireguard backend: who reaches whom with how much, and what stands for it.</summary>
public sealed class WireGuardTests : WireGuardTest
{
    [Theory]
    [InlineData(AddressFamilies.IPv4, "", 1440)]
    [InlineData(AddressFamilies.Dual, "", 1420)]
    [InlineData(AddressFamilies.IPv6, "", 1420)]
    [InlineData(AddressFamilies.Dual, ", \"Mode\": \"auto\"", 1420)]
    [InlineData(AddressFamilies.Dual, ", \"Mode\": \"ipv4\"", 1440)]
    [InlineData(AddressFamilies.Dual, ", \"Mode\": \"ipv6\"", 1420)]
    [InlineData(AddressFamilies.IPv4, ", \"Device\": \"userspace\", \"PSK\": \"s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3tA=\", \"ListenPort\": 4500, \"PersistentKeepaliveInterval\": 5, \"MTU\": 1400", 1340)]
    public async Task ThreeHosts_AllPairs_ReachEachOtherUpToTheExactMtu(AddressFamilies families, string settings, int mtu)
    {
        var (lab, workloads) = await StartAsync(3, families, settings);
        await using var _ = lab;

        Assert.All(lab.Agents, agent => Assert.Equal($"{mtu}", agent.SubnetValue("FLANNEL_MTU")));
        foreach (var from in workloads)
        {
            foreach (var to in workloads.Where(to => to != from).SelectMany(AddressesOf))
            {
                await AssertMtuAsync(from, to, mtu);
            }
        }

        Assert.All(lab.Agents, agent => Assert.DoesNotContain("s3cr3t", agent.Process.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TwoHosts_SeparateDualStack_StateIsFlannels()
    {
        var (lab, _) = await StartAsync(2, AddressFamilies.Dual);
        await using var __ = lab;
        var own = lab.Agents[0];
        var (subnet, subnet6) = (own.Subnets().IPv4!.Value, own.Subnets().IPv6!.Value);

        // flannel-facts 5.W4, with a route protocol of our own and the guard.
        Assert.Equal(
            [
                "10.244.0.0/16 dev flannel-wg scope link",
                "unreachable 10.244.0.0/16 metric 4294967295",
            ],
            Lines(await own.RunAsync("ip -4 route show proto 111")));
        Assert.Equal(
            [
                "fd00:244::/48 dev flannel-wg-v6 metric 1024 pref medium",
                "unreachable fd00:244::/48 dev lo metric 4294967295 pref medium",
            ],
            Lines(await own.RunAsync("ip -6 route show proto 111")));
        Assert.Contains($"inet {subnet.BaseAddress}/32 ", await own.RunAsync("ip -4 address show flannel-wg"), StringComparison.Ordinal);
        Assert.Contains($"inet6 {subnet6.BaseAddress}/128 ", await own.RunAsync("ip -6 address show flannel-wg-v6"), StringComparison.Ordinal);
        Assert.Contains("mtu 1440", await own.RunAsync("ip link show flannel-wg"), StringComparison.Ordinal);
        Assert.Contains("mtu 1420", await own.RunAsync("ip link show flannel-wg-v6"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 51820, 51821)]
    [InlineData(", \"Mode\": \"auto\"", 51820, 51820)]
    [InlineData(", \"Mode\": \"ipv6\", \"ListenPort\": 7000", 7000, 7000)]
    public async Task Lease_IsFlannelsByteForByte_AndNamesThePortsThatAreOpen(string settings, int port, int portV6)
    {
        var (lab, _) = await StartAsync(1, AddressFamilies.Dual, settings);
        await using var __ = lab;
        var agent = lab.Agents[0];
        var key = await PublicKeyAsync(agent);

        // What follows them is ours, and flannel ignores it (docs/decisions/0044-claims-stand-in-the-lease.md).
        Assert.StartsWith(
            $$$"""{"PublicIP":"192.0.2.1","PublicIPv6":"2001:db8::1","BackendType":"wireguard","BackendData":{"PublicKey":"{{{key}}}","Port":{{{port}}}},"BackendV6Data":{"PublicKey":"{{{key}}}","Port":{{{portV6}}}},"Overlay":""",
            await LeaseAsync(agent),
            StringComparison.Ordinal);
        var sockets = await agent.RunAsync("ss -Hlun");
        Assert.Contains($":{port} ", sockets, StringComparison.Ordinal);
        Assert.Contains($":{portV6} ", sockets, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_ReadyAgent_NamesTheDeviceKind()
    {
        var (lab, workloads) = await StartAsync(2);
        await using var _ = lab;
        await WaitForPingAsync(workloads[0], workloads[1], () => "");
        var agent = lab.Agents[0];

        var text = await agent.ControlAsync("status");

        Assert.Contains("wireguard (userspace device): 1 peers", text.Text, StringComparison.Ordinal);
        Assert.Equal("userspace device", (await agent.StatusAsync()).GetProperty("networks")[0].GetProperty("dataPath").GetString());
        Assert.Equal(1, agent.Metric("overlay_wireguard_devices", "kind=\"userspace\""));
        var peer = $"peer=\"{await PublicKeyAsync(lab.Agents[1])}\"";
        Assert.InRange(agent.Metric("overlay_wireguard_peer_handshake_age_seconds", peer), 0, 60);
        Assert.True(agent.Metric("overlay_wireguard_peer_sent_bytes_total", peer) > 148);
        Assert.True(agent.Metric("overlay_wireguard_peer_received_bytes_total", peer) > 92);
        Assert.Contains("WireGuard is carried by the Userspace device", agent.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_BeforeTheFirstStart_ShowsEntriesAndMakesNoKey()
    {
        var (lab, _) = await StartAsync(1);
        await using var __ = lab;
        await using var other = new AgentHost(lab.Topology.Hosts[0], Path.Combine(Path.GetDirectoryName(lab.StorePath)!, "other"), lab.StorePath) { Configuration = Configuration(AddressFamilies.IPv4) };
        await lab.Agents[0].ControlAsync("leave");
        await lab.Agents[0].Process.WaitForExitAsync(TimeSpan.FromSeconds(20));
        await lab.Agents[0].CleanupAsync();

        var plan = await other.PlanAsync();

        Assert.True(plan.Status == 0, plan.Text);
        Assert.Contains("add link flannel-wg mtu 1440 up type tun", plan.Text, StringComparison.Ordinal);
        Assert.Contains("add route unreachable 10.244.0.0/16 metric 4294967295", plan.Text, StringComparison.Ordinal);
        Assert.Contains("add wireguard flannel-wg public-key", plan.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(other.Folder, "state", "wgkey")));
        await AssertNothingIsLeftAsync(other);
    }

    [Fact]
    public async Task Plan_BesideARunningUserspaceAgent_ShowsOnlyWhatDiffers()
    {
        var (lab, workloads) = await StartAsync(2, settings: ", \"Device\": \"userspace\"");
        await using var _ = lab;
        await WaitForPingAsync(workloads[0], workloads[1], () => "");
        // The other agent has the control socket: the folder is one for all namespaces, the first takes it.
        var own = lab.Agents.First(agent => !agent.Process.Output.Contains("wg cannot show", StringComparison.Ordinal));
        var other = lab.Agents.First(agent => agent != own);
        Assert.Contains("The control socket /var/run/wireguard/flannel-wg.sock is in use by another process. End that one; or, when it serves another network namespace", other.Process.Output, StringComparison.Ordinal);

        Assert.Contains("nothing would change", (await own.PlanAsync()).Text, StringComparison.Ordinal);

        // What stands there in another namespace is not taken for this node's.
        Assert.Contains("add wireguard peer", (await other.PlanAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leases_TwoOfOneKey_OneIsServedAndTheOtherReported()
    {
        var (lab, _) = await StartAsync(1);
        await using var __ = lab;
        var agent = lab.Agents[0];
        var key = Convert.ToBase64String([.. Enumerable.Repeat((byte)7, 32)]);
        await LeaseSeed.WriteAsync(lab.StorePath, Enumerable.Range(21, 2).Select(node =>
            ($"10.244.{node}.0-24", $$$"""{"PublicIP":"192.0.2.{{{node}}}","BackendType":"wireguard","BackendData":{"PublicKey":"{{{key}}}","Port":51820}}""")));

        await Deadline.UntilAsync(() => agent.Metric("overlay_peers_refused") == 1, () => agent.Process.Output, Cancellation);

        var status = await agent.ControlAsync("status");
        Assert.Contains($"its key {key} is also that of 10.244.22.0-24, which is served", status.Text, StringComparison.Ordinal);
        Assert.Contains("1 peers", status.Text, StringComparison.Ordinal);
        Assert.Equal(2, agent.Process.Output.Split("Peer 10.244.21.0-24 is not served").Length);
        Assert.Contains("10.244.22.0/24", await agent.RunAsync("wg show flannel-wg allowed-ips"), StringComparison.Ordinal);
        Assert.DoesNotContain("10.244.21.0/24", await agent.RunAsync("wg show flannel-wg allowed-ips"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyFile_OfTheEnvironment_IsUsed()
    {
        await using var lab = CreateLab(1);
        var agent = lab.Agents[0];
        var path = Path.Combine(agent.Folder, "elsewhere", "key");
        agent.Configuration = Configuration(AddressFamilies.IPv4);
        agent.Environment = new Dictionary<string, string?> { ["WIREGUARD_KEY_FILE"] = path };

        await agent.StartReadyAsync(Cancellation);

        Assert.Equal(44, File.ReadAllText(path).Trim().Length);
        Assert.False(File.Exists(Path.Combine(agent.Folder, "state", "wgkey")));
        Assert.DoesNotContain(File.ReadAllText(path).Trim(), agent.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyFile_Unusable_EndsTheStartAndStays()
    {
        await using var lab = CreateLab(1);
        var agent = lab.Agents[0];
        agent.Configuration = Configuration(AddressFamilies.IPv4);
        var path = Path.Combine(agent.Folder, "state", "wgkey");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, "no key", Cancellation);

        agent.Start();
        await agent.Process.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, agent.Process.ExitCode);
        Assert.Contains($"{path} holds no WireGuard private key", agent.Process.Output, StringComparison.Ordinal);
        Assert.Equal("no key", await File.ReadAllTextAsync(path, Cancellation));
        Assert.DoesNotContain("flannel", await agent.RunAsync("ip -brief link show"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Device_KernelWithoutModule_EndsTheStartWithTheRemedy()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Configuration(AddressFamilies.IPv4, ", \"Device\": \"kernel\""));

        lab.Agents[0].Start();
        await lab.Agents[0].Process.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, lab.Agents[0].Process.ExitCode);
        Assert.Contains("this kernel has no wireguard module", lab.Agents[0].Process.Output, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync(lab.Agents[0]);
    }

    private static string[] Lines(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal)];
}
