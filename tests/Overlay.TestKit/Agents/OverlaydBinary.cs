namespace Overlay.TestKit.Agents;

/// <summary>Where the agent under test is.</summary>
public static class OverlaydBinary
{
    /// <summary>What the environment variable <c>OVERLAYD</c> names (tests/run publishes it with NativeAOT), else the build beside the tests.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("OVERLAYD") is { Length: > 0 } given)
        {
            return File.Exists(given) ? System.IO.Path.GetFullPath(given) : throw new FileNotFoundException($"OVERLAYD names '{given}', which does not exist.");
        }

        return System.IO.Path.Combine(AppContext.BaseDirectory, "overlayd");
    }
}
