namespace Overlay.Cni.Protocol;

/// <summary>A version of the CNI specification that this plugin speaks, oldest first.</summary>
internal enum CniVersion
{
    V010,
    V020,
    V030,
    V031,
    V040,
    V100,
    V110,
}

/// <summary>The versions' names and what differs between them.</summary>
internal static class CniVersions
{
    private static readonly string[] _names = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

    /// <summary>All names, oldest first.</summary>
    public static IReadOnlyList<string> Names => _names;

    /// <summary>The newest version.</summary>
    public const CniVersion Newest = CniVersion.V110;

    /// <summary>A configuration without a version is of the first one, as libcni reads it.</summary>
    public static bool TryParse(string text, out CniVersion version)
    {
        var index = text.Length == 0 ? 0 : Array.IndexOf(_names, text);
        version = (CniVersion)index;
        return index >= 0;
    }

    public static string Text(this CniVersion version) => _names[(int)version];

    /// <summary>Results of 0.1.0 and 0.2.0 have <c>ip4</c> and <c>ip6</c> instead of lists.</summary>
    public static bool HasLists(this CniVersion version) => version >= CniVersion.V030;

    /// <summary>Until 0.4.0 each address says its family.</summary>
    public static bool NamesFamilies(this CniVersion version) => version is >= CniVersion.V030 and <= CniVersion.V040;

    public static bool AllowsCheck(this CniVersion version) => version >= CniVersion.V040;

    /// <summary>GC and STATUS came together; so did an interface's <c>mtu</c> and a route's metrics.</summary>
    public static bool Is11(this CniVersion version) => version >= CniVersion.V110;
}
