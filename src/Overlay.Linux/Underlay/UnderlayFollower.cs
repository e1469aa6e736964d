using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;

namespace Overlay.Linux.Underlay;

using Underlay = Core.Backends.Underlay;

/// <summary>What the interface is now, given what it was. A pure function: what is lost keeps its last value, and the fault says so, so that a
/// link that flaps does not tear down what stands on it.</summary>
internal sealed class UnderlayFollower(UnderlaySelection wishes, AddressFamilies families)
{
    /// <summary>Describes the interface for the first time.</summary>
    public Underlay Begin(UnderlayChoice choice, IReadOnlyList<IPNetwork> onLink) => Describe(
        choice.Interface.Name,
        choice.Interface.Index,
        choice.Interface.Mtu,
        new AddressPair(choice.IPv4.IsNone ? null : choice.IPv4.ToIPAddress(), choice.IPv6.IsNone ? null : choice.IPv6.ToIPAddress()),
        onLink,
        choice.Interface.IsUp ? null : $"{choice.Interface.Name} is down");

    /// <summary>Describes it anew.</summary>
    /// <param name="before">What it was.</param>
    /// <param name="now">The interface; <see langword="null"/> when it is gone.</param>
    /// <param name="onLink">What is reached over it without a gateway.</param>
    public Underlay Follow(Underlay before, HostInterface? now, IReadOnlyList<IPNetwork> onLink)
    {
        if (now is null)
        {
            return Describe(before.InterfaceName, before.InterfaceIndex, before.Mtu, before.Addresses, before.OnLinkPrefixes, $"{before.InterfaceName} is gone");
        }

        var lost = new List<string>(2);
        var v4 = families.HasFlag(AddressFamilies.IPv4) ? Address(isIPv6: false, before.Addresses.IPv4) : null;
        var v6 = families.HasFlag(AddressFamilies.IPv6) ? Address(isIPv6: true, before.Addresses.IPv6) : null;
        var fault = !now.IsUp ? $"{now.Name} is down" : lost.Count > 0 ? $"{now.Name} has lost its address {string.Join(" and ", lost)}" : null;
        return Describe(now.Name, now.Index, now.Mtu, new AddressPair(v4, v6), now.IsUp ? onLink : before.OnLinkPrefixes, fault);

        IPAddress? Address(bool isIPv6, IPAddress? last)
        {
            var chosen = AddressChoice.Choose(now.Addresses, isIPv6, last is null ? default : new InetAddress(last));
            // A link-local IPv6 address comes by itself with every link; it does not replace a lost global one.
            var isReplacement = !chosen.IsNone && (last is null || !new HostAddress(chosen).IsLinkLocal || new HostAddress(new InetAddress(last)).IsLinkLocal);
            if (isReplacement)
            {
                return chosen.ToIPAddress();
            }

            lost.Add($"{last}");
            return last;
        }
    }

    private Underlay Describe(string name, int index, int mtu, AddressPair addresses, IReadOnlyList<IPNetwork> onLink, string? fault) => new()
    {
        InterfaceName = name,
        InterfaceIndex = index,
        Mtu = mtu,
        Addresses = addresses,
        PublicAddresses = new AddressPair(
            addresses.IPv4 is null ? null : wishes.PublicAddresses.IPv4 ?? addresses.IPv4,
            addresses.IPv6 is null ? null : wishes.PublicAddresses.IPv6 ?? addresses.IPv6),
        OnLinkPrefixes = onLink,
        Fault = fault,
    };
}
