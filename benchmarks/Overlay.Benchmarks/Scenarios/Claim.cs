using System.Globalization;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>A figure that the project promises.</summary>
/// <param name="What">The promise in words.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Limit">The most that is allowed, or the least.</param>
/// <param name="Unit">The unit of both.</param>
/// <param name="IsLeast">Whether <paramref name="Limit"/> is the least that is allowed.</param>
internal sealed record Claim(string What, double Value, double Limit, string Unit, bool IsLeast = false)
{
    public bool Holds => IsLeast ? Value >= Limit : Value <= Limit;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {What} | {Value:0.###} {Unit} | at {(IsLeast ? "least" : "most")} {Limit:0.###} {Unit} | {(Holds ? "holds" : "MISSED")} |");
}
