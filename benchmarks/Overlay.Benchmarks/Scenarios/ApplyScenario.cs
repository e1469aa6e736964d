using static Overlay.Benchmarks.Scenarios.Figures;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>The first programming of many peers, beside the tools.</summary>
internal static class ApplyScenario
{
    private const int Rounds = 5;

    public static async Task<Outcome> RunAsync()
    {
        var rows = new List<string>();
        var claims = new List<Claim>();
        foreach (var peers in (int[])[1_000, 4_000, 10_000])
        {
            var (tools, empty, full) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                // In turn, so that a machine that gets slower does so for all three.
                tools.Add(await VxlanPeers.TimeToolsAsync(peers));
                empty.Add(await VxlanPeers.TimeAgentAsync(0));
                full.Add(await VxlanPeers.TimeAgentAsync(peers));
            }

            var ratio = (Median(full) - Median(empty)) / Median(tools);
            rows.Add(FormattableString.Invariant($"| {peers:N0} | {Milliseconds(Median(tools))} | {Milliseconds(Median(empty))} | {Milliseconds(Median(full))} | {ratio:0.00} |"));
            Console.WriteLine(rows[^1]);
            if (peers == 4_000)
            {
                claims.Add(new Claim("4,000 peers: overlayd's start beyond that without peers, as a multiple of the tools' time", ratio, 1.3, "x"));
            }
        }

        return new Outcome(
            $"""
            overlayd (NativeAOT, SQLite store) from its start until `/readyz` is true and the kernel has a route, a neighbour and a forwarding entry for every peer, beside
            `ip -batch` + `bridge -batch` for the same device and entries; each in a fresh network namespace, medians of {Rounds} rounds taken in turn. Ratio: (start with
            peers - start without) / tools. A start waits some 35 ms for `nft` anyway, and a thousand peers are programmed meanwhile.

            | peers | ip + bridge -batch | overlayd, no peers | overlayd, all peers | ratio |
            |---:|---:|---:|---:|---:|
            {string.Join('\n', rows)}
            """,
            claims);
    }
}
