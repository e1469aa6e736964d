using Overlay.Cni.Conformance;
using Overlay.Cni.Conformance.Subjects;
using Xunit;

namespace Overlay.Cni.Tests.Conformance;

/// <summary>What the CNI specification demands, of our plugin; and what it and the reference plugins do, as the committed table says.</summary>
[Trait("Needs", "root")]
public sealed class ConformanceTests
{
    public static TheoryData<string> Demands => [.. Suite.Demands.Select(demand => demand.ToString())];

    [Theory]
    [MemberData(nameof(Demands))]
    public void OverlayCni_Demand_IsMet(string demand)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var verdict = Verdict.Of(Suite.Demands.Single(candidate => candidate.ToString() == demand), new OverlaySubject());
        Assert.True(verdict.Kind is VerdictKind.Met or VerdictKind.DoesNotApply, $"{verdict.Kind}: {verdict.Finding}");
    }

    [Fact]
    public void Suite_ReferencePlugins_VerdictsOfTheCommittedTable()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var committed = Rows(File.ReadAllText(Path.Combine(FindRoot(), "docs/cni-conformance.md")), 4);

        var found = Rows(Report.Write([new ReferenceSubject()]), 3);

        Assert.Equal(committed, found);
        // A suite that finds nothing wrong anywhere would prove nothing.
        Assert.Contains(found, row => row.EndsWith("no", StringComparison.Ordinal));
        Assert.Contains(found, row => row.EndsWith("yes", StringComparison.Ordinal));
    }

    // Demand and verdict; the numbers of the notes differ with the columns.
    private static string[] Rows(string table, int column) =>
    [
        .. table.Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| demand", StringComparison.Ordinal) && !line.StartsWith("| **", StringComparison.Ordinal))
            .Select(line => line.Split(" | "))
            .Select(cells => $"{cells[0]}: {Word(cells[column - 1])}"),
    ];

    private static string Word(string cell) => cell.Trim(' ', '|', '*').Split(' ', ':')[0].Trim('*');

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Overlay.Core.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("There is no Overlay.Core.sln above the tests.");
        }

        return folder;
    }
}
