using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Underlay;

/// <summary>Which of an interface's addresses stands for the node (flannel-facts 7.5).</summary>
internal static class AddressChoice
{
    /// <summary>Global before link-local, then set by hand before given for a time, then lasting before temporary, then certain before tentative, then
    /// the kernel's order. None if no address of the family can be used.</summary>
    /// <param name="addresses">The interface's addresses.</param>
    /// <param name="isIPv6">The family.</param>
    /// <param name="current">The address used so far: it stays as long as it can be used, so that a new one does not move the node.</param>
    public static InetAddress Choose(IEnumerable<HostAddress> addresses, bool isIPv6, InetAddress current = default)
    {
        var usable = addresses.Where(address => address.Address.IsIPv6 == isIPv6 && address.IsUsable).ToArray();
        if (usable.Any(address => address.Address == current))
        {
            return current;
        }

        return usable
            .OrderBy(address => address.IsLinkLocal)
            .ThenBy(address => !address.Flags.HasFlag(AddressFlags.Permanent))
            .ThenBy(address => address.IsTemporary)
            .ThenBy(address => address.Flags.HasFlag(AddressFlags.Tentative))
            .Select(address => address.Address)
            .FirstOrDefault();
    }
}
