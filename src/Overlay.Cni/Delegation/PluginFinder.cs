using Overlay.Cni.Protocol;

namespace Overlay.Cni.Delegation;

/// <summary>Finds other plugins in the folders of CNI_PATH, the first one wins (CNI specification 1.1, section 4).</summary>
internal static class PluginFinder
{
    /// <param name="type">The plugin's name, from the configuration.</param>
    /// <param name="searchPath">CNI_PATH.</param>
    /// <exception cref="CniException">There is none.</exception>
    public static string Find(JsonValue type, string searchPath)
    {
        var name = type.RequiredText("a plugin's name");
        if (name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
        {
            throw type.Wrong("a plugin's name without '/'");
        }

        foreach (var folder in searchPath.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw type.Wrong($"a plugin in one of the folders of CNI_PATH ({(searchPath.Length == 0 ? "which is empty" : searchPath)}); install it there");
    }
}
