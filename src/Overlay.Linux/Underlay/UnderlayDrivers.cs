using Overlay.Linux.Netlink.Ethtool;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Underlay;

/// <summary>Which drivers carry what leaves through an interface.</summary>
internal static class UnderlayDrivers
{
    // A VLAN on a bond on two cards is three steps; more than this is a circle.
    private const int DeepestStack = 8;

    /// <summary>The names of the drivers of the interface, of the one that it is a VLAN of, and of the members of a bond or team. To be called in the
    /// namespace.</summary>
    public static IReadOnlyCollection<string> Read(RouteNetlink netlink, int index)
    {
        var links = netlink.ListLinks();
        var found = new HashSet<int> { index };
        for (var depth = 0; depth < DeepestStack; depth++)
        {
            var before = found.Count;
            found.UnionWith(links.Where(link => found.Contains(link.Master)).Select(link => link.Index).ToArray());
            found.UnionWith(links.Where(link => found.Contains(link.Index) && link is { Lower: > 0, IsLowerElsewhere: false }).Select(link => link.Lower).ToArray());
            if (found.Count == before)
            {
                break;
            }
        }

        using var features = new LinkFeatures();
        return [.. links.Where(link => found.Contains(link.Index)).Select(link => Read(features, link.Name)).Distinct()];
    }

    private static string Read(LinkFeatures features, string name)
    {
        try
        {
            return features.ReadDriver(name);
        }
        catch (EthtoolException)
        {
            // It went away, or nobody has named its driver.
            return "";
        }
    }
}
