namespace Overlay.Linux.Tests;

/// <summary>Text files that are built into this assembly.</summary>
internal static class Resources
{
    /// <summary>The file's lines without empty ones and comments.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using var stream = typeof(Resources).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                yield return line;
            }
        }
    }
}
