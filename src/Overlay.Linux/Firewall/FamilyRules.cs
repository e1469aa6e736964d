using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Firewall;

namespace Overlay.Linux.Firewall;

/// <summary>What one family's rules are made of.</summary>
/// <param name="Family">Exactly one family.</param>
/// <param name="Network">The whole network.</param>
/// <param name="Own">This node's own subnet.</param>
/// <param name="Exclusions">Destinations that keep their packets' source address.</param>
internal sealed record FamilyRules(AddressFamilies Family, IPNetwork Network, IPNetwork Own, IReadOnlyList<IPNetwork> Exclusions)
{
    /// <summary>Destinations that no router forwards beyond its network, which therefore are never masqueraded.</summary>
    public string Multicast => Family == AddressFamilies.IPv4 ? "224.0.0.0/4" : "ff00::/8";

    /// <summary>The families that <paramref name="rules"/> asks rules for, IPv4 first.</summary>
    /// <exception cref="ArgumentException">A family has a network and no own subnet.</exception>
    public static IReadOnlyList<FamilyRules> Of(FirewallRules rules)
    {
        if (!rules.Masquerade && !rules.AcceptForward)
        {
            return [];
        }

        var families = new List<FamilyRules>();
        Add(AddressFamilies.IPv4, rules.Network.IPv4, rules.OwnSubnets.IPv4);
        Add(AddressFamilies.IPv6, rules.Network.IPv6, rules.OwnSubnets.IPv6);
        return families;

        void Add(AddressFamilies family, IPNetwork? network, IPNetwork? own)
        {
            if (network is not { } whole)
            {
                return;
            }

            var exclusions = rules.MasqueradeExclusions.Where(exclusion => exclusion.BaseAddress.AddressFamily == whole.BaseAddress.AddressFamily);
            families.Add(new(
                family,
                whole,
                own ?? throw new ArgumentException($"The network {whole} has no own subnet on this node.", nameof(rules)),
                [.. exclusions.Distinct()]));
        }
    }
}
