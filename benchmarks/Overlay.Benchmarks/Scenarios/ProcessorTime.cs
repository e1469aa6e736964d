using System.Globalization;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>What a process has spent: what a machine that does other work, too, distorts least.</summary>
internal static class ProcessorTime
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const int TicksPerSecond = 100;

    /// <summary>In all of its threads, in user and in kernel mode; children do not count.</summary>
    public static TimeSpan Of(int process)
    {
        // The second field, a name in brackets, may have blanks; utime and stime are fields 14 and 15 (proc(5)).
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds((double)(Ticks(fields[11]) + Ticks(fields[12])) / TicksPerSecond);
    }

    private static long Ticks(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
