using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Overlay.TestKit.Agents;

namespace Overlay.Benchmarks.Scenarios.Throughput;

/// <summary>One kind of traffic, and what is read from it.</summary>
/// <param name="Name">Its column in the table.</param>
/// <param name="Unit">What its figure is in.</param>
/// <param name="RunAsync">Runs it once and gives the figure.</param>
internal sealed partial record Course(string Name, string Unit, Func<ThroughputLab, Contender, Task<double>> RunAsync)
{
    /// <summary>How long one run of iperf3 takes, in seconds; the machine's owner may want longer ones.</summary>
    public static int Seconds { get; } = int.Parse(Environment.GetEnvironmentVariable("BENCHMARK_SECONDS") ?? "2", CultureInfo.InvariantCulture);

    public static IReadOnlyList<Course> All { get; } =
    [
        new("TCP 1", "Gb/s", (lab, way) => TcpAsync(lab, way, 1)),
        new("TCP 4", "Gb/s", (lab, way) => TcpAsync(lab, way, 4)),
        new("UDP 64 B", "k/s", (lab, way) => UdpAsync(lab, way, 64)),
        new("UDP 1372 B", "k/s", (lab, way) => UdpAsync(lab, way, 1372)),
        new("UDP 1400 B", "k/s", (lab, way) => UdpAsync(lab, way, 1400)),
        new("ping p50", "us", PingAsync),
    ];

    private static async Task<double> TcpAsync(ThroughputLab lab, Contender way, int streams)
    {
        using var report = await ReportAsync(lab, way, string.Create(CultureInfo.InvariantCulture, $"-t {Seconds} -P {streams}"));
        return report.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble() / 1e9;
    }

    /// <summary>The sender does not limit itself: what counts is what arrives.</summary>
    private static async Task<double> UdpAsync(ThroughputLab lab, Contender way, int bytes)
    {
        using var report = await ReportAsync(lab, way, string.Create(CultureInfo.InvariantCulture, $"-t {Seconds} -u -b 0 -l {bytes} -w 4M"));
        var sum = report.RootElement.GetProperty("end").GetProperty("sum");
        return (sum.GetProperty("packets").GetDouble() - sum.GetProperty("lost_packets").GetDouble()) / sum.GetProperty("seconds").GetDouble() / 1000;
    }

    /// <summary>A warning may stand before the report.</summary>
    private static async Task<JsonDocument> ReportAsync(ThroughputLab lab, Contender way, string options)
    {
        var text = await lab.IperfAsync(way, options);
        return JsonDocument.Parse(text[text.IndexOf('{', StringComparison.Ordinal)..]);
    }

    private static async Task<double> PingAsync(ThroughputLab lab, Contender way)
    {
        var text = await Tool.RunAsync(lab.Left, $"ping -c 400 -i 0.002 {way.Address}");
        return Figures.Median(RoundTrip().Matches(text).Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * 1000));
    }

    [GeneratedRegex(@"time=([0-9.]+) ms")]
    private static partial Regex RoundTrip();
}
