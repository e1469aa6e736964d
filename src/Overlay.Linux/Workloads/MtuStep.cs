namespace Overlay.Linux.Workloads;

/// <summary>One change of an MTU.</summary>
/// <param name="Place">Which end of the way between workload and host.</param>
/// <param name="Index">The link's index, in its own namespace.</param>
/// <param name="Name">The bridge's or the host end's name.</param>
/// <param name="From">What it is.</param>
/// <param name="To">What it becomes.</param>
/// <param name="Workload">The workload; <see langword="null"/> for a bridge.</param>
internal sealed record MtuStep(MtuPlace Place, int Index, string Name, int From, int To, Workload? Workload)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Place} {Name} {From} -> {To}");
}
