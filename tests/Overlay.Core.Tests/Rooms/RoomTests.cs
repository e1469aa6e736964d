using System.Text.RegularExpressions;
using System.Xml.Linq;

using Xunit;

namespace Overlay.Core.Tests.Rooms;

/// <summary>Holds the arrows of docs/ARCHITECTURE.md: what they forbid fails here.</summary>
public sealed class RoomTests
{
    private static readonly string _architecture = File.ReadAllText(Path.Combine(Repository.Root, "docs/ARCHITECTURE.md"));
    private static readonly Arrows _projects = Arrows.Read(_architecture, "Projects");

    public static TheoryData<string> ProjectsWithRooms => ["Overlay.Core", "Overlay.Linux", "Overlay.Kubernetes", "Overlay.WireGuard", "Overlay.Cni"];

    public static TheoryData<string> Projects => [.. Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src")).Select(folder => Path.GetFileName(folder)!).Order()];

    [Theory]
    [MemberData(nameof(ProjectsWithRooms))]
    public void Rooms_UseOnlyWhatTheirRowAllows(string project)
    {
        var rooms = Arrows.Read(_architecture, $"Rooms of {project}");

        Assert.Empty(new RoomCheck(Path.Combine(Repository.Root, "src", project), project, rooms).Mistakes());
    }

    [Theory]
    [MemberData(nameof(ProjectsWithRooms))]
    public void Table_NamesOnlyRoomsAbove_SoThereIsNoCircle(string project) =>
        Assert.Empty(Arrows.Read(_architecture, $"Rooms of {project}").UpwardMistakes());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_ReferencesOnlyWhatItsRowAllows(string project)
    {
        var file = XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj"));
        var references = file.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension((string?)reference.Attribute("Include")));
        var packages = file.Descendants("PackageReference").Select(reference => (string)reference.Attribute("Include")!);
        var allowedPackages = _projects.Of(project, column: 1).Select(pattern => new Regex($"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$"));

        Assert.All(references, reference => Assert.Contains(reference, _projects.Of(project)));
        Assert.All(packages, package => Assert.True(allowedPackages.Any(allowed => allowed.IsMatch(package)), $"{project} may not depend on {package}"));
        Assert.DoesNotContain(file.Descendants("Reference"), _ => true);
    }

    [Fact]
    public void Unsafe_StandsInInteropFoldersOnly()
    {
        var strays = Repository.SourceFiles(Path.Combine(Repository.Root, "src"))
            .Where(file => !file.Replace('\\', '/').Contains("/Interop/", StringComparison.Ordinal) && Regex.IsMatch(Repository.ReadCode(file), @"\bunsafe\b"))
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .ToArray();

        Assert.Empty(strays);
    }

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("samples")]
    [InlineData("benchmarks")]
    public void Files_HaveAtMost400Lines(string folder)
    {
        var tooLong = Repository.SourceFiles(Path.Combine(Repository.Root, folder)).Where(file => File.ReadLines(file).Count() > 400).ToArray();

        Assert.Empty(tooLong);
    }
}
