using System.Text.RegularExpressions;

namespace Overlay.Core.Tests.Rooms;

/// <summary>A table of docs/ARCHITECTURE.md: who may use whom.</summary>
internal sealed partial class Arrows
{
    private readonly Dictionary<string, string[][]> _rows;

    private Arrows(Dictionary<string, string[][]> rows) => _rows = rows;

    /// <summary>The names in the first column, in order.</summary>
    public IEnumerable<string> Names => _rows.Keys;

    /// <summary>Reads the table below a heading.</summary>
    public static Arrows Read(string markdown, string heading)
    {
        var rows = new Dictionary<string, string[][]>(StringComparer.Ordinal);
        var section = markdown.Split("\n## ").Single(text => text.StartsWith(heading + "\n", StringComparison.Ordinal));
        foreach (var line in section.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            var cells = line.Split('|')[1..^1].Select(cell => Quoted().Matches(cell).Select(match => match.Groups[1].Value).ToArray()).ToArray();
            rows.Add(cells[0].Single(), cells[1..]);
        }

        return new Arrows(rows);
    }

    /// <summary>What stands in a column of a row; column 0 is "may use".</summary>
    public string[] Of(string name, int column = 0) => _rows[name][column];

    /// <summary>Rows that name what does not stand above them: the only way in which a circle could begin.</summary>
    public IEnumerable<string> UpwardMistakes()
    {
        var above = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in Names)
        {
            foreach (var used in Of(name).Where(used => !above.Contains(used)))
            {
                yield return $"{name} may use {used}, which stands below it";
            }

            above.Add(name);
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
