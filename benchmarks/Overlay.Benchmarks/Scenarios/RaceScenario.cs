using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>Two overlayd race for the last free subnet: one gets it, the other says why not.</summary>
internal static class RaceScenario
{
    private const int Rounds = 1_000;

    public static async Task<Outcome> RunAsync()
    {
        using var topology = new TestTopology(new TestTopologyOptions { Hosts = 2 });
        var (winsOfFirst, mistakes) = (0, new List<string>());
        for (var round = 1; round <= Rounds; round++)
        {
            var folder = Directory.CreateTempSubdirectory("ovrace-");
            try
            {
                var winner = await RaceAsync(topology, folder.FullName, mistakes);
                winsOfFirst += winner == 0 ? 1 : 0;
            }
            finally
            {
                folder.Delete(recursive: true);
            }

            if (round % 100 == 0)
            {
                Console.WriteLine($"{round} rounds, {winsOfFirst} won by the first, {mistakes.Count} wrong");
            }
        }

        return new Outcome(
            $"""
            Two overlayd on two hosts start at once on one SQLite store whose network has one free subnet. {Rounds} rounds, each with a new store: the first host won {winsOfFirst}, the second
            {Rounds - winsOfFirst - mistakes.Count}; in {mistakes.Count} it was not exactly one that got the subnet and one that ended with status 1 and the reason.

            {string.Join("\n\n", mistakes.Take(3))}
            """,
            [new Claim($"rounds of {Rounds} that did not end with one owner and one clear refusal", mistakes.Count, 0, "rounds")]);
    }

    private static async Task<int> RaceAsync(TestTopology topology, string folder, List<string> mistakes)
    {
        var store = Path.Combine(folder, "leases.db");
        await LeaseSeed.WriteAsync(store,
        [
            ("10.244.0.64-26", """{"PublicIP":"192.0.2.101","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}}"""),
            ("10.244.0.128-26", """{"PublicIP":"192.0.2.102","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"02:00:00:00:00:02"}}"""),
        ]);
        AgentHost[] agents = [.. topology.Hosts.Select(host => new AgentHost(host, Path.Combine(folder, host.Name), store)
        {
            Configuration = """{ "Network": "10.244.0.0/24", "SubnetLen": 26, "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""",
        })];
        foreach (var agent in agents)
        {
            agent.Start();
        }

        try
        {
            await Deadline.UntilAsync(
                () => agents.Any(agent => agent.Process.HasExited) && agents.Any(agent => File.Exists(agent.SubnetFile)),
                () => string.Join('\n', agents.Select(agent => agent.Process.Output)),
                CancellationToken.None);
            var winner = Array.FindIndex(agents, agent => File.Exists(agent.SubnetFile));
            var loser = agents[1 - winner].Process;
            await loser.WaitForExitAsync(TimeSpan.FromSeconds(10));
            if (loser.ExitCode == 1 && loser.Output.Contains("No subnet is free", StringComparison.Ordinal) && !File.Exists(agents[1 - winner].SubnetFile) && !agents[winner].Process.HasExited)
            {
                return winner;
            }

            mistakes.Add($"loser ended with {loser.ExitCode}: {loser.Output}");
        }
        catch (TimeoutException error)
        {
            mistakes.Add(error.Message);
        }
        finally
        {
            foreach (var agent in agents)
            {
                await agent.DisposeAsync();
            }
        }

        return -1;
    }
}
