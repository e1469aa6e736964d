using Overlay.TestKit.WireGuard;

namespace Overlay.Benchmarks.Scenarios.Throughput;

/// <summary>One of the ways between the two namespaces.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Address">Where the right end is reached by it.</param>
/// <param name="Ends">The programs that carry it; none when the kernel does.</param>
internal sealed record Contender(string Name, string Address, IReadOnlyList<WireGuardInterface> Ends)
{
    /// <summary>User and system time of all its programs until now, in seconds.</summary>
    public double ProcessorSeconds() => Ends.Sum(end =>
    {
        // proc(5): fields 14 and 15, counted after the name in parentheses, in ticks of 10 ms.
        var stat = File.ReadAllText($"/proc/{end.Process.Id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], System.Globalization.CultureInfo.InvariantCulture) + long.Parse(fields[12], System.Globalization.CultureInfo.InvariantCulture)) / 100.0;
    });

    /// <summary>The most memory that one of its programs has ever held, in bytes.</summary>
    public long PeakBytes() => Ends.Count == 0 ? 0 : Ends.Max(end => end.MemoryBytes("VmHWM"));
}
