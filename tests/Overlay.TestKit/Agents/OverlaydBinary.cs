namespace Overlay.TestKit.Agents;

/// <summary>Where the agent under test is.</summary>
public static class OverlaydBinary
{
    /// <summary>What the environment variable <c>OVERLAYD</c> names (tests/run publishes it with NativeAOT), else the build beside the tests.</summary>
    public static string Path { get; } = Find();

    /// <summary>Whether it is one that was published, as it is shipped.</summary>
    public static bool IsPublished { get; } = Environment.GetEnvironmentVariable("OVERLAYD") is { Length: > 0 };

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("OVERLAYD") is { Length: > 0 } given)
        {
            return File.Exists(given) ? System.IO.Path.GetFullPath(given) : throw new FileNotFoundException($"OVERLAYD names '{given}', which does not exist.");
        }

        return System.IO.Path.Combine(AppContext.BaseDirectory, "overlayd");
    }
}
