namespace Overlay.WireGuard.Cli.Tests.Misuse;

/// <summary>Plays each row of <c>misuse.md</c> against the running program. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class MisuseTests
{
    private static readonly Dictionary<string, Func<LivePeer, Task>> _rows = new(
        [.. ShapeMisuse.Rows, .. HandshakeMisuse.Rows, .. TransportMisuse.Rows, .. SurroundingsMisuse.Rows]);

    public static TheoryData<int, string> Table
    {
        get
        {
            var table = new TheoryData<int, string>();
            foreach (var cells in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Misuse", "misuse.md"))
                .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
                .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
                .Where(cells => char.IsAsciiDigit(cells[1][0])))
            {
                table.Add(int.Parse(cells[1], System.Globalization.CultureInfo.InvariantCulture), cells[2]);
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Misuse_OfPoint_DoesNoHarm(int point, string whatIsDone)
    {
        Assert.InRange(point, 1, 22);
        await using var live = await LivePeer.OpenAsync();
        await _rows[whatIsDone](live);
        live.IsSilentAndWell();
    }

    [Fact]
    public void Table_HasEveryPoint_AndEveryRowIsPlayed()
    {
        var rows = Table.Select(row => row.Data).ToArray();

        Assert.Equal(Enumerable.Range(1, 22), rows.Select(row => row.Item1).Distinct());
        Assert.Equal(rows.Select(row => row.Item2).Order(), _rows.Keys.Order());
    }
}
