namespace Overlay.TestKit.Cni;

/// <summary>Where the plugins under test are.</summary>
public static class CniBinaries
{
    /// <summary>The folder of the reference plugins (Debian's containernetworking-plugins).</summary>
    public const string Reference = "/usr/lib/cni";

    /// <summary>What the environment variable <c>OVERLAY_CNI</c> names (tests/run publishes it with NativeAOT), else the build beside the tests.</summary>
    public static string Overlay { get; } = Find();

    /// <summary>CNI_PATH for a chain of ours and the reference plugins.</summary>
    public static string SearchPath => $"{Path.GetDirectoryName(Overlay)}:{Reference}";

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("OVERLAY_CNI") is { Length: > 0 } given)
        {
            return File.Exists(given) ? Path.GetFullPath(given) : throw new FileNotFoundException($"OVERLAY_CNI names '{given}', which does not exist.");
        }

        return Path.Combine(AppContext.BaseDirectory, "overlay-cni");
    }
}
