using Overlay.TestKit.Agents;
using Overlay.TestKit.Traffic;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>Somebody breaks a tunnel, or an agent ends and comes back, with the userspace device.</summary>
public sealed class WireGuardRepairTests : WireGuardTest
{
    [Theory]
    [InlineData("ip link delete flannel-wg", "link")]
    [InlineData("ip link set flannel-wg down", "link")]
    [InlineData("ip link set flannel-wg mtu 1300", "link")]
    [InlineData("ip address flush dev flannel-wg", "address")]
    [InlineData("ip route flush dev flannel-wg", "route")]
    [InlineData("ip route delete unreachable 10.244.0.0/16 metric 4294967295", "route")]
    public async Task ForeignChange_UnderTraffic_IsRepairedAndCounted(string command, string kind)
    {
        var (lab, workloads) = await StartAsync(2);
        await using var _ = lab;
        var agent = lab.Agents[0];
        await WaitForPingAsync(workloads[0], workloads[1], () => agent.Process.Output);
        var before = await StateAsync(agent);

        await agent.RunAsync(command);

        var found = "";
        await Deadline.UntilAsync(
            () => (found = StateAsync(agent).GetAwaiter().GetResult()) == before,
            () => $"expected\n{before}\nfound\n{found}\n{agent.Process.Output}",
            Cancellation,
            everyMilliseconds: 50);
        await Deadline.UntilAsync(
            () => agent.Metric("overlay_repairs_total", $"kind=\"{kind}\"") >= 1,
            () => $"no repair of kind {kind} is counted:\n{agent.TryGet("/metrics")?.Body}",
            Cancellation);
        await WaitForPingAsync(workloads[0], workloads[1], () => agent.Process.Output);
    }

    [Fact]
    public async Task ForeignChange_OfPeers_IsRepairedAtOnce()
    {
        // The folder of the sockets that wg looks into is one for all hosts here: the only agent's device is there.
        await using var lab = CreateLab(2);
        lab.Configure(Configuration(Core.Addressing.AddressFamilies.IPv4));
        await lab.Agents[0].StartReadyAsync(Cancellation);
        Assert.DoesNotContain("wg cannot show", lab.Agents[0].Process.Output, StringComparison.Ordinal);
        await lab.Agents[1].StartReadyAsync(Cancellation);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();
        var agent = lab.Agents[0];
        await WaitForPingAsync(workloads[0], workloads[1], () => agent.Process.Output);
        var peer = await PublicKeyAsync(lab.Agents[1]);
        Assert.Contains(peer, await agent.RunAsync("wg show flannel-wg"), StringComparison.Ordinal);

        foreach (var command in new[] { $"peer {peer} remove", $"peer {peer} allowed-ips 10.244.255.0/24", "listen-port 7777", "fwmark 5", "peer xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg= allowed-ips 0.0.0.0/0" })
        {
            await agent.RunAsync($"wg set flannel-wg {command}");
            await WaitForWgAsync(agent, peer, lab.Agents[1]);
        }

        await WaitForPingAsync(workloads[0], workloads[1], () => agent.Process.Output);
        Assert.True(agent.Metric("overlay_repairs_total", "kind=\"wireguard\"") >= 4);
    }

    [Fact]
    public async Task KeyFileReplaced_PeersLearnTheNewKeyAndForgetTheOld()
    {
        var (lab, workloads) = await StartAsync(2);
        await using var _ = lab;
        await WaitForPingAsync(workloads[0], workloads[1], () => lab.Agents[0].Process.Output);
        var old = await PublicKeyAsync(lab.Agents[1]);
        Assert.Equal([old], PeersOf(lab.Agents[0]));
        await lab.Agents[1].StopAsync();
        File.Delete(Path.Combine(lab.Agents[1].Folder, "state", "wgkey"));

        await lab.Agents[1].StartReadyAsync(Cancellation);

        var renewed = await PublicKeyAsync(lab.Agents[1]);
        Assert.NotEqual(old, renewed);
        await Deadline.UntilAsync(() => PeersOf(lab.Agents[0]) is [var only] && only == renewed, () => string.Join('\n', PeersOf(lab.Agents[0])), Cancellation);
        await WaitForPingAsync(workloads[0], workloads[1], () => lab.Agents[0].Process.Output);
    }

    [Fact]
    public async Task UnderlayMtu_Changes_DeviceAndFileFollow()
    {
        var (lab, workloads) = await StartAsync(2);
        await using var _ = lab;
        var agent = lab.Agents[0];

        await agent.RunAsync("ip link set eth0 mtu 1400");

        await Deadline.UntilAsync(() => agent.SubnetValue("FLANNEL_MTU") == "1340", () => File.ReadAllText(agent.SubnetFile) + agent.Process.Output, Cancellation);
        await Deadline.UntilAsync(() => agent.RunAsync("ip link show flannel-wg").GetAwaiter().GetResult().Contains("mtu 1340", StringComparison.Ordinal), () => agent.Process.Output, Cancellation);
        await WaitForPingAsync(workloads[0], workloads[1], () => agent.Process.Output);
    }

    [Fact]
    public async Task Restart_UnderTraffic_LosesAtMostOneSecond()
    {
        var (lab, workloads) = await StartAsync(3);
        await using var _ = lab;
        var agent = lab.Agents[0];
        await WaitForPingAsync(workloads[0], workloads[1], () => agent.Process.Output);
        await WaitForPingAsync(workloads[2], workloads[0], () => agent.Process.Output);
        const int perSecond = 200;
        var (there, back) = await StartTrafficAsync(workloads[0], workloads[1], perSecond);
        var (from, to) = await StartTrafficAsync(workloads[2], workloads[0], perSecond);
        TrafficProbe[] probes = [there, back, from, to];

        Assert.Equal(0, await agent.StopAsync());
        await agent.StartReadyAsync(Cancellation);

        await Task.WhenAll(probes.Select(probe => probe.WaitForArrivalAsync(TimeSpan.FromSeconds(20))));
        var results = probes.Select(probe => probe.Stop()).ToArray();
        Array.ForEach(probes, probe => probe.Dispose());
        TestContext.Current.SendDiagnosticMessage(string.Join("; ", results.Select(result => result.ToString())));
        // A second for what is shipped. A build that is compiled while it starts takes longer; tests/run tests the other.
        var most = perSecond * (OverlaydBinary.IsPublished ? 1 : 5);
        Assert.All(results, result => Assert.True(result.Lost > 0 && result.Lost <= most, $"{string.Join("; ", results.Select(each => each.ToString()))}\n{agent.Process.Output}"));
    }

    [Fact]
    public async Task PeerLeavesWhileAgentIsDown_NothingOfItStays()
    {
        var (lab, _) = await StartAsync(3);
        await using var __ = lab;
        var agent = lab.Agents[0];
        await agent.KillAsync();
        Assert.Equal(0, (await lab.Agents[2].ControlAsync("leave")).Status);

        await agent.StartReadyAsync(Cancellation);

        Assert.Equal([await PublicKeyAsync(lab.Agents[1])], PeersOf(agent));
    }

    [Fact]
    public async Task PortTaken_IsReportedAndTakenWhenItIsFree()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Configuration(Core.Addressing.AddressFamilies.IPv4));
        var agent = lab.Agents[0];
        var thief = TestKit.Processes.ChildProcess.Start(agent.Host.Name, "ncat", ["-u", "-l", "51820"]);
        await Deadline.UntilAsync(() => agent.RunAsync("ss -Hlun").GetAwaiter().GetResult().Contains(":51820 ", StringComparison.Ordinal), () => thief.Output, Cancellation);
        await agent.StartReadyAsync(Cancellation);

        var status = await agent.ControlAsync("status");
        Assert.Contains("failed   wireguard flannel-wg public-key", status.Text, StringComparison.Ordinal);
        Assert.Contains("in use", status.Text, StringComparison.OrdinalIgnoreCase);

        await thief.DisposeAsync();
        await Deadline.UntilAsync(() => agent.Metric("overlay_entries_failed") == 0, () => agent.Process.Output, Cancellation, seconds: 40);
    }

    [Fact]
    public async Task ForeignDeviceOfOurName_IsReplaced()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Configuration(Core.Addressing.AddressFamilies.IPv4));
        await lab.Agents[0].RunAsync("ip tuntap add flannel-wg mode tun");

        await lab.Agents[0].StartReadyAsync(Cancellation);

        Assert.Equal(1, lab.Agents[0].Metric("overlay_wireguard_devices"));
        Assert.Equal(0, lab.Agents[0].Metric("overlay_entries_failed"));
    }

    private static async Task WaitForWgAsync(AgentHost agent, string peer, AgentHost other)
    {
        var expected = $"{peer}\t{other.Subnets().IPv4}";
        var found = "";
        await Deadline.UntilAsync(
            () => (found = agent.RunAsync("wg show flannel-wg allowed-ips").GetAwaiter().GetResult().Trim()) == expected
                && agent.RunAsync("wg show flannel-wg listen-port").GetAwaiter().GetResult().Trim() == "51820"
                && agent.RunAsync("wg show flannel-wg fwmark").GetAwaiter().GetResult().Trim() == "off",
            () => $"expected {expected}, found {found}\n{agent.Process.Output}",
            Cancellation,
            everyMilliseconds: 50);
    }

    private static async Task<string> StateAsync(AgentHost agent) => string.Join(
        '\n',
        System.Text.RegularExpressions.Regex.Replace(await agent.RunAsync("ip -brief link show flannel-wg"), " +", " "),
        (await agent.RunAsync("ip link show flannel-wg")).Split("mtu ")[1].Split(' ')[0],
        await agent.RunAsync("ip -brief -4 address show flannel-wg"),
        await agent.RunAsync("ip route show proto 111"));
}
