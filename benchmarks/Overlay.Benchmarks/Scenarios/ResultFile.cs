using System.Globalization;
using System.Runtime.InteropServices;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>A result table with the facts of the machine that gave it.</summary>
internal static class ResultFile
{
    public static void Write(string folder, string name, string table)
    {
        Directory.CreateDirectory(folder);
        var text = $"""
            # {name}

            `benchmarks/run {name}`, {TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}. {Machine()}

            {table.Trim()}

            """;
        File.WriteAllText(Path.Combine(folder, name + ".md"), text);
    }

    private static string Machine()
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor";
        return $"{processor}, {Environment.ProcessorCount} cores; Linux {Environment.OSVersion.Version}; {RuntimeInformation.FrameworkDescription}.";
    }
}
