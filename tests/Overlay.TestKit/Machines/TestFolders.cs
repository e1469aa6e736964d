namespace Overlay.TestKit.Machines;

/// <summary>Where things are while tests run.</summary>
internal static class TestFolders
{
    /// <summary>The build's folder. The tests run somewhere below it.</summary>
    public static string Artifacts { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder)
    {
        for (var candidate = new DirectoryInfo(folder); candidate is not null; candidate = candidate.Parent)
        {
            if (File.Exists(Path.Combine(candidate.FullName, "Overlay.Core.sln")))
            {
                return Path.Combine(candidate.FullName, "artifacts");
            }
        }

        throw new DirectoryNotFoundException($"No folder above {folder} has Overlay.Core.sln.");
    }
}
