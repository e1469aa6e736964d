using Xunit;

namespace Overlay.Core.Tests.Rooms;

/// <summary>The check itself: a forbidden use is found, an allowed one is not.</summary>
public sealed class RoomCheckTests : IDisposable
{
    private const string Page = """
        # A page

        ## Rooms of Sample

        | room | may use | what |
        |---|---|---|
        | `Low` | | |
        | `High` | `Low` | |
        | `High/Left` | `High`, `Low` | |
        | `High/Right` | `High`, `Low` | |

        ## Another heading
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ovoutside-rooms-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("High/A.cs", "using Sample.Low;")]
    [InlineData("High/Left/A.cs", "using Sample.High;\nusing Sample.Low;")]
    [InlineData("High/Deeper/A.cs", "var x = Low.Thing;")]
    [InlineData("Low/A.cs", "using System;\nnamespace Sample.Low;\nclass A { int Lower.High(); string s = this.High.Length; }")]
    [InlineData("Low/A.cs", "/// <see cref=\"High.Thing\"/>\n// using Sample.High;\nvar text = \"Sample.High.Thing\";")]
    [InlineData("AssemblyInfo.cs", "using Sample.High;")]
    public void Mistakes_AllowedUse_AreNone(string path, string code) => Assert.Empty(Check(path, code));

    [Theory]
    [InlineData("Low/A.cs", "using Sample.High;", "High")]
    [InlineData("Low/A.cs", "using Thing = Sample.High.Thing;", "High")]
    [InlineData("Low/A.cs", "namespace Sample.Low;\nclass A : High.Thing;", "High")]
    [InlineData("Low/A.cs", "global::Sample.High.Thing.Do();", "High")]
    [InlineData("High/A.cs", "using Sample.High.Left;", "High/Left")]
    [InlineData("High/Left/A.cs", "using static Sample.High.Right.Thing;", "High/Right")]
    public void Mistakes_ForbiddenUse_NamesFileAndRoom(string path, string code, string room) => Assert.Equal([$"{path}: uses {room}"], Check(path, code));

    [Fact]
    public void Mistakes_FolderThatIsNoRoom_IsNamed() =>
        Assert.Equal(["Helpers/A.cs: Helpers is no room of docs/ARCHITECTURE.md"], Check("Helpers/A.cs", ""));

    [Fact]
    public void UpwardMistakes_RowNamesALaterRow_IsNamed() =>
        Assert.Equal(["Low may use High, which stands below it"], Arrows.Read(Page.Replace("| `Low` | |", "| `Low` | `High` |", StringComparison.Ordinal), "Rooms of Sample").UpwardMistakes());

    private string[] Check(string path, string code)
    {
        var file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, code);
        return [.. new RoomCheck(_folder, "Sample", Arrows.Read(Page, "Rooms of Sample")).Mistakes()];
    }
}
