using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Underlay;

/// <summary>An address of an interface.</summary>
/// <param name="Address">The address.</param>
/// <param name="Flags">Its state.</param>
internal readonly record struct HostAddress(InetAddress Address, AddressFlags Flags = AddressFlags.Permanent)
{
    /// <summary>Whether the address is of the link alone: 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291).</summary>
    public bool IsLinkLocal => Address.IsIPv6 ? Address.Value >> 118 == 0xFE80 >> 6 : Address.Value >> 16 == 0xA9FE;

    /// <summary>Whether peers could send to it: unicast, not of this host alone, and not known to be somebody else's.</summary>
    public bool IsUsable => !IsLoopback && !IsMulticast && Address.Value != 0 && (Flags & (AddressFlags.Deprecated | AddressFlags.DuplicateDetectionFailed)) == 0;

    /// <summary>Whether the address is a temporary one of IPv6 (RFC 8981); the flag means "secondary" in IPv4.</summary>
    public bool IsTemporary => Address.IsIPv6 && Flags.HasFlag(AddressFlags.Secondary);

    private bool IsLoopback => Address.IsIPv6 ? Address.Value == 1 : Address.Value >> 24 == 127;

    private bool IsMulticast => Address.IsIPv6 ? Address.Value >> 120 == 0xFF : Address.Value >> 28 == 0xE;
}
