using Overlay.TestKit.Agents;
using Overlay.TestKit.Kubernetes;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>The profiles of deploy/: the agent works with exactly the capabilities that its manifest gives it.</summary>
public sealed class PrivilegeTests : SystemTest
{
    [Theory]
    [InlineData("nftables", "+net_admin,+net_raw", "3000", true)]
    [InlineData("iptables", "+net_admin,+net_raw", "3000", false)]
    [InlineData("workloadMtu.follow", "+net_admin,+net_raw,+sys_admin", "203000", true)]
    public async Task Profile_ExactlyItsCapabilities_CarriesPackets(string profile, string capabilities, string mask, bool useNftables)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var cluster = await ClusterLab.CreateAsync(2);
        foreach (var each in cluster.Agents)
        {
            each.Configuration = $$"""{ "Network": "10.244.0.0/16", "EnableNFTables": {{(useNftables ? "true" : "false")}}, "Backend": { "Type": "vxlan" } }""";
            each.Flags = ["--ip-masq"];
        }

        var agent = cluster.Agents[0];
        agent.Launcher = ["setpriv", $"--bounding-set=-all,{capabilities}", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--"];
        await cluster.StartAllAsync(Cancellation);

        Assert.Equal(mask, EffectiveCapabilities(agent));
        var (here, there) = (agent.AddWorkload(), cluster.Agents[1].AddWorkload());
        var ping = await PingAsync(here, AddressesOf(there).First());
        Assert.True(ping.Status == 0, $"{profile}: {ping.Text}\n{agent.Process.Output}");
        Assert.DoesNotContain(agent.Process.Lines, line => line.Contains("not permitted", StringComparison.OrdinalIgnoreCase));

        // Repair needs what the start needs.
        await agent.RunAsync("ip route del 10.244.2.0/24");
        await Deadline.UntilAsync(() => PeerEntriesAsync(agent).GetAwaiter().GetResult().Length == 3, () => agent.Process.Output, Cancellation);
    }

    /// <summary>The devices are those of a container, and <c>/dev/net/tun</c> where the profile adds it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WireGuardUserspaceProfile_ExactlyItsCapabilitiesAndDevices_CarriesPackets(bool hasTun)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var cluster = await ClusterLab.CreateAsync(2);
        foreach (var each in cluster.Agents)
        {
            each.Configuration = """{ "Network": "10.244.0.0/16", "EnableNFTables": true, "Backend": { "Type": "wireguard", "Device": "userspace" } }""";
            each.Flags = ["--ip-masq"];
        }

        var agent = cluster.Agents[0];
        var devices = Directory.CreateDirectory(Path.Combine(agent.Folder, "dev")).FullName;
        agent.Launcher =
        [
            "unshare", "--mount", "sh", "-c", $"{ContainersDevices(hasTun)} && exec \"$@\"", devices,
            "setpriv", "--bounding-set=-all,+net_admin,+net_raw", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--",
        ];
        if (!hasTun)
        {
            // What the profile is for.
            await agent.Start().WaitForLineAsync("/dev/net/tun", TimeSpan.FromSeconds(30));
            Assert.False(agent.TryGet("/readyz") is { IsSuccess: true });
            return;
        }

        await cluster.StartAllAsync(Cancellation);

        Assert.Equal("3000", EffectiveCapabilities(agent));
        var (here, there) = (agent.AddWorkload(), cluster.Agents[1].AddWorkload());
        // The first packet waits for the handshake.
        var ping = await Tool.TryRunAsync(here.Name, "ping", ["-c", "1", "-w", "30", $"{AddressesOf(there).First()}"]);
        Assert.True(ping.Status == 0, $"{ping.Text}\n{agent.Process.Output}");
        Assert.DoesNotContain(agent.Process.Lines, line => line.Contains("not permitted", StringComparison.OrdinalIgnoreCase));

        // Repair needs what the start needs.
        await agent.RunAsync("ip link del flannel-wg");
        await Deadline.UntilAsync(
            () => Tool.TryRunAsync(here.Name, "ping", ["-c", "1", "-W", "1", $"{AddressesOf(there).First()}"]).GetAwaiter().GetResult().Status == 0, () => agent.Process.Output, Cancellation, seconds: 60);
    }

    // What the OCI runtime specification calls the default devices.
    private static string ContainersDevices(bool hasTun) => string.Join(
        " && ",
        [
            "mount -t tmpfs none \"$0\"",
            "for d in null zero full random urandom; do touch \"$0/$d\" && mount --bind /dev/$d \"$0/$d\" || exit 1; done",
            .. hasTun ? (string[])["mkdir \"$0/net\" && touch \"$0/net/tun\" && mount --bind /dev/net/tun \"$0/net/tun\""] : [],
            "mount --rbind \"$0\" /dev",
        ]);

    private static string EffectiveCapabilities(AgentHost agent) =>
        File.ReadLines($"/proc/{agent.Process.Id}/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal))["CapEff:".Length..].Trim().TrimStart('0');
}
