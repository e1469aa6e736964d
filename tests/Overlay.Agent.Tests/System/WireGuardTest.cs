using System.Text;
using Overlay.Core.Addressing;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>What the tests of the wireguard backend have in common. The kernel here has no module: overlayd carries the packets itself.</summary>
public abstract class WireGuardTest : SystemTest
{
    /// <summary>What workloads say, and nobody else may hear: ping repeats 16 bytes.</summary>
    protected const string Secret = "workloads-whispr";

    /// <summary>One network in the families and with the backend's settings.</summary>
    protected static string Configuration(AddressFamilies families, string settings = "")
    {
        var network = families switch
        {
            AddressFamilies.IPv4 => "\"Network\": \"10.244.0.0/16\"",
            AddressFamilies.IPv6 => "\"EnableIPv4\": false, \"EnableIPv6\": true, \"IPv6Network\": \"fd00:244::/48\"",
            _ => "\"Network\": \"10.244.0.0/16\", \"EnableIPv6\": true, \"IPv6Network\": \"fd00:244::/48\"",
        };
        return $$"""{ {{network}}, "EnableNFTables": true, "Backend": { "Type": "wireguard"{{settings}} } }""";
    }

    /// <summary>Hosts with a ready agent and a workload each.</summary>
    protected static async Task<(AgentLab Lab, TestWorkload[] Workloads)> StartAsync(int hosts, AddressFamilies families = AddressFamilies.IPv4, string settings = "")
    {
        var lab = CreateLab(hosts, families);
        try
        {
            lab.Configure(Configuration(families, settings), "--ip-masq");
            await lab.StartAllAsync(Cancellation);
            return (lab, [.. lab.Agents.Select(agent => agent.AddWorkload())]);
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>A workload that says the secret to another again and again, until it is disposed.</summary>
    protected static ChildProcess Whisper(TestWorkload from, TestWorkload to) =>
        ChildProcess.Start(from.Name, "ping", ["-q", "-i", "0.02", "-p", Convert.ToHexString(Encoding.ASCII.GetBytes(Secret)), $"{AddressesOf(to).First()}"]);

    /// <summary>Waits until a workload reaches another.</summary>
    protected static Task<TimeSpan> WaitForPingAsync(TestWorkload from, TestWorkload to, Func<string> explain) => Deadline.UntilAsync(
        () => AddressesOf(to).All(address => Tool.TryRunAsync(from.Name, "ping", ["-c", "1", "-W", "1", $"{address}"]).GetAwaiter().GetResult().Status == 0),
        () => $"no ping from {from.Name} to {to.Name}: {explain()}",
        Cancellation,
        seconds: 30);

    /// <summary>The public key in the agent's lease.</summary>
    protected static async Task<string> PublicKeyAsync(AgentHost agent)
    {
        var lease = await LeaseAsync(agent);
        const string Before = "\"PublicKey\":\"";
        return lease.Substring(lease.IndexOf(Before, StringComparison.Ordinal) + Before.Length, 44);
    }

    /// <summary>The bytes of the agent's lease.</summary>
    protected static async Task<string> LeaseAsync(AgentHost agent)
    {
        var (v4, v6) = (agent.Subnets().IPv4, agent.Subnets().IPv6);
        var key = string.Join('&', new[] { v4, v6 }.Where(subnet => subnet is not null).Select(subnet => $"{subnet!.Value.BaseAddress}-{subnet.Value.PrefixLength}"));
        return await LeaseSeed.ReadAsync(agent.StorePath, key);
    }

    /// <summary>The peers that the agent's devices have, by the public keys in its metrics.</summary>
    protected static string[] PeersOf(AgentHost agent) =>
        [.. (agent.TryGet("/metrics")?.Body ?? "").Split('\n')
            .Where(line => line.StartsWith("overlay_wireguard_peer_sent_bytes_total{", StringComparison.Ordinal))
            .Select(line => line.Split("peer=\"")[1][..44])
            .Order(StringComparer.Ordinal)];
}
