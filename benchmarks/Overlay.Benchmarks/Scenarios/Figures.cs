using System.Globalization;

namespace Overlay.Benchmarks.Scenarios;

internal static class Figures
{
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The nearest rank: the smallest value that so many percent of all do not exceed.</summary>
    public static double Percentile(IReadOnlyCollection<double> values, int percent) => values.Order().ElementAt((int)Math.Ceiling(values.Count * percent / 100.0) - 1);

    public static string Milliseconds(double value) => value.ToString("0", CultureInfo.InvariantCulture) + " ms";

    public static string Megabytes(double bytes) => (bytes / 1_000_000).ToString("0.0", CultureInfo.InvariantCulture) + " MB";
}
