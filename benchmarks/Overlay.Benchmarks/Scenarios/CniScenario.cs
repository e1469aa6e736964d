using System.Globalization;
using static Overlay.Benchmarks.Scenarios.Figures;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>How long a runtime waits for ADD and DEL, beside the reference chain, and how much memory that takes.</summary>
internal static class CniScenario
{
    private const int Rounds = 100;
    private const int AtOnce = 10;
    private const int Batches = 10;
    private const int Promised = 200;

    public static Task<Outcome> RunAsync()
    {
        using var ours = CniContestant.Overlay();
        using var reference = CniContestant.Reference();
        CniContestant[] both = [ours, reference];
        var rows = new List<string>();
        var claims = new List<Claim>();
        foreach (var present in (int[])[0, 100, Promised, 500])
        {
            foreach (var contestant in both)
            {
                contestant.Fill(present);
            }

            var alone = Measure(both, contestant => [contestant.AddAndDelete()], Rounds);
            var together = Measure(both, contestant => contestant.AddAndDelete(AtOnce), Batches);
            rows.Add(Row(present, "one at a time", alone));
            rows.Add(Row(present, $"{AtOnce} at once", together));
            Console.WriteLine($"{rows[^2]}\n{rows[^1]}");
            if (present == Promised)
            {
                claims.Add(new Claim($"{present} workloads: ADD's median as a part of the reference's", Median(alone[0].Adds) / Median(alone[1].Adds), 0.5, "x"));
                claims.Add(new Claim($"{present} workloads: DEL's median as a part of the reference's", Median(alone[0].Deletes) / Median(alone[1].Deletes), 0.5, "x"));
                claims.Add(new Claim($"{present} workloads: 99th percentile of ADD", Percentile(alone[0].Adds, 99), 50, "ms"));
                claims.Add(new Claim($"{present} workloads: 99th percentile of DEL", Percentile(alone[0].Deletes, 99), 50, "ms"));
            }
        }

        return Task.FromResult(new Outcome(
            $"""
            From the start of the plugin's process to its end, as a runtime sees it: median / 99th percentile in milliseconds. overlay-cni (NativeAOT) and the reference chain
            `bridge` + `host-local` (Debian, Go) take turns, each on a host of its own with so many workloads attached; {Rounds} rounds one at a time, {Batches} batches of {AtOnce}.

            | workloads | | ADD overlay-cni | ADD reference | ratio | DEL overlay-cni | DEL reference | ratio |
            |---:|---|---:|---:|---:|---:|---:|---:|
            {string.Join('\n', rows)}

            The most memory that a process of an ADD held with 500 workloads: overlay-cni {Megabytes(ours.PeakBytes())}, the reference chain {Megabytes(reference.PeakBytes())} (the larger of its two processes).
            """,
            claims));
    }

    private static CniTimes[] Measure(CniContestant[] contestants, Func<CniContestant, IEnumerable<(double Add, double Delete)>> round, int rounds)
    {
        var times = contestants.Select(_ => new CniTimes([], [])).ToArray();
        for (var i = 0; i < rounds; i++)
        {
            // In turn, so that a machine that gets slower does so for both.
            for (var j = 0; j < contestants.Length; j++)
            {
                foreach (var (add, delete) in round(contestants[j]))
                {
                    times[j].Adds.Add(add);
                    times[j].Deletes.Add(delete);
                }
            }
        }

        return times;
    }

    private static string Row(int present, string how, CniTimes[] times) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {present} | {how} | {Cell(times[0].Adds)} | {Cell(times[1].Adds)} | {Median(times[0].Adds) / Median(times[1].Adds):0.00} | {Cell(times[0].Deletes)} | {Cell(times[1].Deletes)} | {Median(times[0].Deletes) / Median(times[1].Deletes):0.00} |");

    private static string Cell(List<double> values) => string.Create(CultureInfo.InvariantCulture, $"{Median(values):0.0} / {Percentile(values, 99):0.0}");
}
