namespace Overlay.Benchmarks.Scenarios;

/// <summary>What a scenario has measured.</summary>
/// <param name="Table">The figures as a Markdown table, with a sentence on how they were taken.</param>
/// <param name="Claims">The promises that they are held against.</param>
internal sealed record Outcome(string Table, IReadOnlyList<Claim> Claims)
{
    /// <summary>The whole as Markdown.</summary>
    public string Text => Table.Trim() + "\n\n| promise | measured | allowed | |\n|---|---:|---:|---|\n" + string.Join('\n', Claims) + "\n";
}
