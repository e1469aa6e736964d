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

    private static string EffectiveCapabilities(AgentHost agent) =>
        File.ReadLines($"/proc/{agent.Process.Id}/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal))["CapEff:".Length..].Trim().TrimStart('0');
}
