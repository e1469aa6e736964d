using Overlay.Core.Addressing;

namespace Overlay.Linux.Backends;

/// <summary>The prefixes that a network may claim.</summary>
internal static class Claims
{
    /// <summary>The network in each of its families.</summary>
    public static IReadOnlyList<InetPrefix> Of(SubnetPair network)
    {
        var prefixes = new List<InetPrefix>(2);
        if (network.IPv4 is { } v4)
        {
            prefixes.Add(new InetPrefix(v4));
        }

        if (network.IPv6 is { } v6)
        {
            prefixes.Add(new InetPrefix(v6));
        }

        return prefixes;
    }
}
