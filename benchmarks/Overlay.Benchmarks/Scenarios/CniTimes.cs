namespace Overlay.Benchmarks.Scenarios;

/// <summary>What calls of one plugin took, in milliseconds.</summary>
/// <param name="Adds">Every ADD.</param>
/// <param name="Deletes">Every DEL.</param>
internal sealed record CniTimes(List<double> Adds, List<double> Deletes);
