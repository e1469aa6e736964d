using static Overlay.Benchmarks.Scenarios.Figures;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>The memory that overlayd holds with many peers.</summary>
internal static class MemoryScenario
{
    private const int Rounds = 3;

    public static async Task<Outcome> RunAsync()
    {
        var rows = new List<string>();
        var claims = new List<Claim>();
        foreach (var peers in (int[])[0, 1_000, 4_000, 10_000])
        {
            var (ready, settled, peak) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                await VxlanPeers.TimeAgentAsync(peers, async agent =>
                {
                    ready.Add(agent.ResidentBytes);
                    await Task.Delay(TimeSpan.FromSeconds(5));
                    settled.Add(agent.ResidentBytes);
                    peak.Add(agent.PeakResidentBytes);
                });
            }

            rows.Add(FormattableString.Invariant($"| {peers:N0} | {Megabytes(Median(ready))} | {Megabytes(Median(settled))} | {Megabytes(peak.Max())} |"));
            Console.WriteLine(rows[^1]);
            if (peers == 4_000)
            {
                claims.Add(new Claim("4,000 peers: resident memory, the worst of all starts when ready and settled", Math.Max(ready.Max(), settled.Max()) / 1_000_000, 40, "MB"));
            }
        }

        return new Outcome(
            $"""
            VmRSS of overlayd (NativeAOT, SQLite store) when it is ready and the kernel has all entries, and five seconds later; medians of {Rounds} starts. The peak (VmHWM) is the highest of all.

            | peers | when ready | settled | peak |
            |---:|---:|---:|---:|
            {string.Join('\n', rows)}
            """,
            claims);
    }
}
