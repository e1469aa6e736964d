using System.Text.RegularExpressions;

namespace Overlay.Core.Tests.Rooms;

/// <summary>The source files of this repository, found from the test's own folder upwards.</summary>
internal static partial class Repository
{
    /// <summary>The folder of <c>Overlay.Core.sln</c>. A caller's file path is no help here: reproducible builds rewrite it.</summary>
    public static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>The C# files below a folder that a person has written.</summary>
    public static IEnumerable<string> SourceFiles(string folder) =>
        Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Where(file => !BuildOutput().IsMatch(file)).Order(StringComparer.Ordinal)
            : [];

    /// <summary>What the compiler sees of a file, without comments and texts.</summary>
    public static string ReadCode(string file) => CommentOrText().Replace(File.ReadAllText(file), match => match.Value[0] == '/' ? " " : "\"\"");

    private static string FindRoot(DirectoryInfo? folder)
    {
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Overlay.Core.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"There is no Overlay.Core.sln above {AppContext.BaseDirectory}.");
    }

    [GeneratedRegex("[/\\\\](obj|bin)[/\\\\]")]
    private static partial Regex BuildOutput();

    [GeneratedRegex("//[^\\n]*|/\\*.*?\\*/|\"\"\".*?\"\"\"|@\"(?:[^\"]|\"\")*\"|\"(?:\\\\.|[^\"\\\\\\n])*\"", RegexOptions.Singleline)]
    private static partial Regex CommentOrText();
}
