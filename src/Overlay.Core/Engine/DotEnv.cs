namespace Overlay.Core.Engine;

/// <summary>Lines of <c>KEY=value</c> as flannel's dotenv library reads them: comments, <c>export</c>, quotes, and <c>KEY: value</c>. What is none of
/// that is skipped.</summary>
internal static class DotEnv
{
    /// <summary>Reads every line; the last of several equal keys wins.</summary>
    public static Dictionary<string, string> Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var rest = line.Trim();
            if (rest.StartsWith("export ", StringComparison.Ordinal))
            {
                rest = rest["export ".Length..].TrimStart();
            }

            var separator = rest.IndexOfAny('=', ':');
            if (separator > 0 && rest[0] != '#')
            {
                values[rest[..separator].TrimEnd().ToString()] = ReadValue(rest[(separator + 1)..].Trim());
            }
        }

        return values;
    }

    private static string ReadValue(ReadOnlySpan<char> value)
    {
        if (value is ['"' or '\'', ..])
        {
            var end = value[1..].IndexOf(value[0]);
            return (end < 0 ? value : value.Slice(1, end)).ToString();
        }

        var comment = value.IndexOf(" #", StringComparison.Ordinal);
        return (comment < 0 ? value : value[..comment]).TrimEnd().ToString();
    }
}
