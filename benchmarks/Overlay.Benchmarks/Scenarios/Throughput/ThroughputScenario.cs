using System.Globalization;
using static Overlay.Benchmarks.Scenarios.Figures;

namespace Overlay.Benchmarks.Scenarios.Throughput;

/// <summary>Userspace WireGuard beside the bare cable, the kernel's VXLAN and Debian's wireguard-go: the same traffic, in turns, in one run.</summary>
internal static class ThroughputScenario
{
    private const int Rounds = 3;
    private const int Vxlan = 1;
    private const int Go = 2;
    private const int Ours = 3;

    /// <summary>Veth as it is: packets of up to 64 KiB cross the cable whole.</summary>
    public static Task<Outcome> RunVethAsync() => RunAsync([false]);

    /// <summary>Veth that cuts large packets before the cable and joins them after it, as a network card does.</summary>
    public static Task<Outcome> RunWireAsync() => RunAsync([true]);

    public static Task<Outcome> RunBothAsync() => RunAsync([false, true]);

    private static async Task<Outcome> RunAsync(bool[] modes)
    {
        await using var lab = await ThroughputLab.OpenAsync();
        var tables = new List<string>();
        var claims = new List<Claim>();
        foreach (var isWire in modes)
        {
            await lab.SetOffloadAsync(isWire);
            var (figures, processor) = await MeasureAsync(lab);
            tables.Add(Table(lab, isWire, figures, processor));
            claims.AddRange(Claims(figures, isWire));
        }

        claims.Add(new Claim("resident memory of overlay-wg, at its peak", lab.Contenders.Skip(Ours).Max(way => way.PeakBytes()) / 1e6, 60, "MB"));
        return new Outcome(
            $"""
            Two namespaces, one veth (MTU 1500), tunnels of MTU 1420 with `txqueuelen 5000`, VXLAN of 1450; `iperf3` of {Course.Seconds} s a run from left to right (UDP: `-b 0 -w 4M`, what arrives), 400 pings;
            medians of {Rounds} rounds in which the ways take turns. In brackets the ratio to wireguard-go. CPU: seconds of both programs over the rounds, all courses together. RSS: peak of one program.

            {string.Join("\n\n", tables)}
            """,
            claims);
    }

    /// <summary>Medians by course and contender, and the processor time of each contender.</summary>
    private static async Task<(double[,] Figures, double[] Processor)> MeasureAsync(ThroughputLab lab)
    {
        var (ways, courses) = (lab.Contenders, Course.All);
        var samples = new List<double>[courses.Count, ways.Count];
        var processor = ways.Select(way => way.ProcessorSeconds()).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var course = 0; course < courses.Count; course++)
            {
                for (var way = 0; way < ways.Count; way++)
                {
                    var figure = await courses[course].RunAsync(lab, ways[way]);
                    (samples[course, way] ??= []).Add(figure);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{courses[course].Name}, {ways[way].Name}: {figure:0.00} {courses[course].Unit}"));
                }
            }
        }

        var medians = new double[courses.Count, ways.Count];
        for (var course = 0; course < courses.Count; course++)
        {
            for (var way = 0; way < ways.Count; way++)
            {
                medians[course, way] = Median(samples[course, way]);
            }
        }

        return (medians, [.. ways.Select((way, i) => way.ProcessorSeconds() - processor[i])]);
    }

    private static string Table(ThroughputLab lab, bool isWire, double[,] figures, double[] processor)
    {
        var lines = new List<string>
        {
            isWire ? "Wire: TSO, GSO and UDP segmentation off, GRO on." : "Veth as it is.",
            "",
            "| way |" + string.Concat(Course.All.Select(course => $" {course.Name}, {course.Unit} |")) + " CPU | RSS |",
            "|---|" + string.Concat(Course.All.Select(_ => "---:|")) + "---:|---:|",
        };
        for (var way = 0; way < lab.Contenders.Count; way++)
        {
            var line = $"| {lab.Contenders[way].Name} |";
            for (var course = 0; course < Course.All.Count; course++)
            {
                line += string.Create(CultureInfo.InvariantCulture, $" {figures[course, way]:0.##} ({figures[course, way] / figures[course, Go]:0.0#}) |");
            }

            lines.Add(line + (lab.Contenders[way].Ends.Count == 0 ? " | |" : string.Create(CultureInfo.InvariantCulture, $" {processor[way]:0.0} s | {Megabytes(lab.Contenders[way].PeakBytes())} |")));
        }

        return string.Join('\n', lines);
    }

    private static IEnumerable<Claim> Claims(double[,] figures, bool isWire)
    {
        double Ratio(int course, int to) => figures[course, Ours] / figures[course, to];
        if (isWire)
        {
            yield return new Claim("wire: TCP 1, of kernel VXLAN's rate", Ratio(0, Vxlan), 0.4, "", IsLeast: true);
            yield break;
        }

        yield return new Claim("TCP 1, of kernel VXLAN's rate", Ratio(0, Vxlan), 0.22, "", IsLeast: true);
        yield return new Claim("TCP 1, times wireguard-go's rate", Ratio(0, Go), 4, "", IsLeast: true);
        yield return new Claim("UDP 64 B, times wireguard-go's rate", Ratio(2, Go), 3, "", IsLeast: true);
        yield return new Claim("UDP 1372 B, times wireguard-go's rate", Ratio(3, Go), 3, "", IsLeast: true);
        yield return new Claim("ping, of wireguard-go's time", Ratio(5, Go), 1, "");
    }
}
