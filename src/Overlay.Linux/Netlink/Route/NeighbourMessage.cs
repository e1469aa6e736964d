using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>What the kernel says about a neighbour: an ARP or NDP entry.</summary>
public readonly record struct NeighbourMessage
{
    /// <summary>The index of the link.</summary>
    public required int Link { get; init; }

    /// <summary>The neighbour's address.</summary>
    public required InetAddress Address { get; init; }

    /// <summary>The neighbour's Ethernet address; zero while it is not known.</summary>
    public MacAddress Mac { get; init; }

    /// <summary>What the kernel believes.</summary>
    public NeighbourStates State { get; init; }

    /// <summary>Whether the message says that the neighbour is gone.</summary>
    public bool IsRemoval { get; init; }

    /// <summary>Reads RTM_NEWNEIGH and RTM_DELNEIGH of IPv4 and IPv6; those of a bridge are <see cref="ForwardingMessage"/>s, and are refused; so are
    /// addresses that the host only answers for (NTF_PROXY).</summary>
    public static bool TryRead(NetlinkMessage message, out NeighbourMessage neighbour)
    {
        neighbour = default;
        if (message.Type is not (RTM_NEWNEIGH or RTM_DELNEIGH) || !message.TryRead<ndmsg>(out var header, out var attributes) || (header.ndm_flags & NTF_PROXY) != 0)
        {
            return false;
        }

        InetAddress address = default;
        MacAddress mac = default;
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case NDA_DST:
                    address = attribute.AsAddress();
                    break;
                case NDA_LLADDR:
                    mac = attribute.AsMac();
                    break;
            }
        }

        if (!RouteFamilies.Matches(header.ndm_family, address))
        {
            return false;
        }

        neighbour = new NeighbourMessage
        {
            Link = header.ndm_ifindex,
            Address = address,
            Mac = mac,
            State = (NeighbourStates)header.ndm_state,
            IsRemoval = message.Type == RTM_DELNEIGH,
        };
        return true;
    }
}
