using static Overlay.Benchmarks.Scenarios.Figures;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>The memory that overlayd holds with many peers.</summary>
internal static class MemoryScenario
{
    public static async Task<Outcome> RunAsync()
    {
        var rows = new List<string>();
        var claims = new List<Claim>();
        foreach (var peers in (int[])[0, 1_000, 4_000, 10_000])
        {
            var bytes = new List<double>();
            for (var round = 0; round < 3; round++)
            {
                bytes.Add((await VxlanPeers.TimeAgentAsync(peers, agent => agent.ResidentBytes)).Figure);
            }

            rows.Add(FormattableString.Invariant($"| {peers:N0} | {Megabytes(Median(bytes))} | {Megabytes(bytes.Max())} |"));
            Console.WriteLine(rows[^1]);
            if (peers == 4_000)
            {
                claims.Add(new Claim("4,000 peers: resident memory", bytes.Max() / 1_000_000, 40, "MB"));
            }
        }

        return new Outcome(
            $"""
            VmRSS of overlayd (NativeAOT, SQLite store) at the moment when it is ready and the kernel has all entries, three starts each.

            | peers | resident, median | resident, most |
            |---:|---:|---:|
            {string.Join('\n', rows)}
            """,
            claims);
    }
}
