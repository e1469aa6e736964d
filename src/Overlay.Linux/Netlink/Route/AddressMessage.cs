using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>What the kernel says about an address of a link.</summary>
public readonly record struct AddressMessage
{
    /// <summary>The index of the link.</summary>
    public required int Link { get; init; }

    /// <summary>The address with its prefix length.</summary>
    public required InetPrefix Address { get; init; }

    /// <summary>The other end's address on a point-to-point link; none otherwise.</summary>
    public InetAddress Peer { get; init; }

    /// <summary>The address's state.</summary>
    public AddressFlags Flags { get; init; }

    /// <summary>How far the address reaches (rtm_scope): 0 everywhere, 253 the link, 254 this host.</summary>
    public byte Scope { get; init; }

    /// <summary>Whether the message says that the address is gone.</summary>
    public bool IsRemoval { get; init; }

    /// <summary>Reads RTM_NEWADDR and RTM_DELADDR.</summary>
    public static bool TryRead(NetlinkMessage message, out AddressMessage address)
    {
        address = default;
        if (message.Type is not (RTM_NEWADDR or RTM_DELADDR) || !message.TryRead<ifaddrmsg>(out var header, out var attributes))
        {
            return false;
        }

        InetAddress own = default, other = default;
        uint flags = header.ifa_flags;
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case IFA_LOCAL:
                    own = attribute.AsAddress();
                    break;
                case IFA_ADDRESS:
                    other = attribute.AsAddress();
                    break;
                case IFA_FLAGS:
                    flags = attribute.AsUInt32();
                    break;
            }
        }

        // On a point-to-point link IFA_ADDRESS is the other end; elsewhere it repeats the own one, and IPv6 sends only it.
        if (own.IsNone)
        {
            own = other;
        }

        if (!RouteFamilies.Matches(header.ifa_family, own) || header.ifa_prefixlen > own.Size * 8)
        {
            return false;
        }

        address = new AddressMessage
        {
            Link = (int)header.ifa_index,
            Address = new InetPrefix(own, header.ifa_prefixlen),
            Peer = other == own ? default : other,
            Flags = (AddressFlags)flags,
            Scope = header.ifa_scope,
            IsRemoval = message.Type == RTM_DELADDR,
        };
        return true;
    }
}
