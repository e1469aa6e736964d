using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>What the kernel says about a forwarding entry (FDB) of a bridge or a VXLAN link.</summary>
public readonly record struct ForwardingMessage
{
    /// <summary>The index of the link.</summary>
    public required int Link { get; init; }

    /// <summary>The Ethernet address that the entry is for; zero for the default entry of a VXLAN link.</summary>
    public required MacAddress Mac { get; init; }

    /// <summary>The address of the remote VTEP; none for an entry of a bridge.</summary>
    public InetAddress Remote { get; init; }

    /// <summary>The remote's UDP port; 0 for the link's own.</summary>
    public int Port { get; init; }

    /// <summary>The remote's VXLAN network identifier; 0 for the link's own.</summary>
    public int Vni { get; init; }

    /// <summary>The bridge that the link is a port of; 0 for none.</summary>
    public int Master { get; init; }

    /// <summary>What the kernel believes; <see cref="NeighbourStates.Permanent"/> for what was not learned.</summary>
    public NeighbourStates State { get; init; }

    /// <summary>Whether the entry is the link's own, and not of the bridge that it is a port of (NTF_SELF).</summary>
    public bool IsOwn { get; init; }

    /// <summary>Whether the message says that the entry is gone.</summary>
    public bool IsRemoval { get; init; }

    /// <summary>Reads RTM_NEWNEIGH and RTM_DELNEIGH of AF_BRIDGE.</summary>
    public static bool TryRead(NetlinkMessage message, out ForwardingMessage entry)
    {
        entry = default;
        if (message.Type is not (RTM_NEWNEIGH or RTM_DELNEIGH)
            || !message.TryRead<ndmsg>(out var header, out var attributes)
            || header.ndm_family != RouteFamilies.Bridge)
        {
            return false;
        }

        entry = new ForwardingMessage
        {
            Link = header.ndm_ifindex,
            Mac = default,
            State = (NeighbourStates)header.ndm_state,
            IsOwn = (header.ndm_flags & NTF_SELF) != 0,
            IsRemoval = message.Type == RTM_DELNEIGH,
        };
        foreach (var attribute in attributes)
        {
            entry = attribute.Type switch
            {
                NDA_LLADDR => entry with { Mac = attribute.AsMac() },
                NDA_DST => entry with { Remote = attribute.AsAddress() },
                NDA_PORT => entry with { Port = attribute.AsBigEndianUInt16() },
                NDA_VNI => entry with { Vni = attribute.AsInt32() },
                NDA_MASTER => entry with { Master = attribute.AsInt32() },
                _ => entry,
            };
        }

        return true;
    }
}
