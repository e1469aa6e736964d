using System.Globalization;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>A figure that the project promises.</summary>
/// <param name="What">The promise in words.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Limit">The most that is allowed.</param>
/// <param name="Unit">The unit of both.</param>
internal sealed record Claim(string What, double Value, double Limit, string Unit)
{
    public bool Holds => Value <= Limit;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"| {What} | {Value:0.###} {Unit} | at most {Limit:0.###} {Unit} | {(Holds ? "holds" : "MISSED")} |");
}
