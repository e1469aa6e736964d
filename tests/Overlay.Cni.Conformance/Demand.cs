namespace Overlay.Cni.Conformance;

/// <summary>One thing that the specification demands of a plugin, and how to see whether it is so.</summary>
/// <param name="Section">Where it stands in the CNI specification 1.1.0, such as <c>2 ADD</c>.</param>
/// <param name="Text">The demand as a sentence about the plugin.</param>
/// <param name="Check">Drives the plugin; throws <see cref="UnmetException"/> when the demand is not met.</param>
public sealed record Demand(string Section, string Text, Action<Trial> Check)
{
    /// <summary>The first version of the specification that has the demand.</summary>
    public string Since { get; init; } = "0.1.0";

    /// <summary>What of the plugin's surroundings the check needs; the demand does not apply to a plugin without.</summary>
    public Func<Subjects.Subject, bool> AppliesTo { get; init; } = _ => true;

    /// <inheritdoc/>
    public override string ToString() => $"{Section}: {Text}";
}
