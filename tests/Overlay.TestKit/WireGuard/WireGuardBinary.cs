namespace Overlay.TestKit.WireGuard;

/// <summary>Where the userspace WireGuard under test is.</summary>
public static class WireGuardBinary
{
    /// <summary>What the environment variable <c>OVERLAY_WG</c> names (tests/run publishes it with NativeAOT; it may be another program of the same form, such
    /// as <c>/usr/bin/wireguard-go</c>), else the build beside the tests.</summary>
    public static string Path { get; } = Find();

    /// <summary>Debian's <c>wireguard-go</c>, the peer that is not ours.</summary>
    public static string Other => "/usr/bin/wireguard-go";

    /// <summary>Whether the program under test is ours: what another program lacks is not asked of it.</summary>
    public static bool IsOurs => System.IO.Path.GetFileName(Path) == "overlay-wg";

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("OVERLAY_WG") is { Length: > 0 } given)
        {
            return File.Exists(given) ? System.IO.Path.GetFullPath(given) : throw new FileNotFoundException($"OVERLAY_WG names '{given}', which does not exist.");
        }

        return System.IO.Path.Combine(AppContext.BaseDirectory, "overlay-wg");
    }
}
