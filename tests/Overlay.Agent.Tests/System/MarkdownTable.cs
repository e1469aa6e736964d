namespace Overlay.Agent.Tests.SystemTests;

/// <summary>The rows of a table that is committed beside the tests.</summary>
internal static class MarkdownTable
{
    /// <summary>The cells of each row, without the heading and without backticks.</summary>
    public static IEnumerable<string[]> Read(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "System", file))
            .SkipWhile(line => !line.StartsWith("|--", StringComparison.Ordinal))
            .Skip(1)
            .Where(line => line.StartsWith('|'))
            .Select(line => line.Split('|')[1..^1].Select(cell => cell.Trim().Trim('`')).ToArray());
}
