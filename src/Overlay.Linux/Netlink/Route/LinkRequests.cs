using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Appends requests about links to a batch.</summary>
public static class LinkRequests
{
    /// <summary>Asks for a new VXLAN link.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A network identifier is over 24 bits, or a port over 16.</exception>
    public static void CreateVxlan(this NetlinkBatch batch, in LinkSettings link, in VxlanSettings vxlan)
    {
        vxlan.Validate();
        using var message = Create(batch, link);
        using var info = message.Begin(IFLA_LINKINFO);
        message.Add(IFLA_INFO_KIND, "vxlan");
        using var data = message.Begin(IFLA_INFO_DATA);
        vxlan.Write(message);
    }

    /// <summary>Asks for a new bridge.</summary>
    public static void CreateBridge(this NetlinkBatch batch, in LinkSettings link, in BridgeSettings bridge = default)
    {
        using var message = Create(batch, link);
        using var info = message.Begin(IFLA_LINKINFO);
        message.Add(IFLA_INFO_KIND, "bridge");
        using var data = message.Begin(IFLA_INFO_DATA);
        bridge.Write(message);
    }

    /// <summary>Asks for a new pair of veth links. Each of the two may be made in another namespace.</summary>
    /// <exception cref="ArgumentException">The peer is to be up: the kernel makes it first and cannot set it up without its other end (<c>veth_open</c> of
    /// drivers/net/veth.c), so that takes a second request.</exception>
    public static void CreateVeth(this NetlinkBatch batch, in LinkSettings link, in LinkSettings peer)
    {
        if (peer.IsUp == true)
        {
            throw new ArgumentException("The peer of a new veth pair cannot be up yet.", nameof(peer));
        }

        peer.Validate();
        using var message = Create(batch, link);
        using var info = message.Begin(IFLA_LINKINFO);
        message.Add(IFLA_INFO_KIND, "veth");
        using var data = message.Begin(IFLA_INFO_DATA);
        using var other = message.Begin(VETH_INFO_PEER, Header(0, peer));
        Write(message, peer);
    }

    /// <summary>Asks for a new link of any kind that needs no settings of its own, such as <c>dummy</c> or <c>wireguard</c>.</summary>
    public static void CreateLink(this NetlinkBatch batch, string kind, in LinkSettings link)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        using var message = Create(batch, link);
        using var info = message.Begin(IFLA_LINKINFO);
        message.Add(IFLA_INFO_KIND, kind);
    }

    /// <summary>Asks to change what is set.</summary>
    public static void ChangeLink(this NetlinkBatch batch, int index, in LinkSettings link)
    {
        link.Validate();
        using var message = batch.Begin(RTM_NEWLINK, NetlinkFlags.None, "set link", Header(index, link));
        Write(message, link);
    }

    /// <summary>Asks to change what is set of a port of a bridge, and of its link. The port is given by name, so that the request may follow the one that makes the
    /// link in one batch.</summary>
    /// <exception cref="ArgumentException">The link is to be renamed.</exception>
    public static void ChangePort(this NetlinkBatch batch, string name, in BridgePortSettings port, in LinkSettings link = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (link.Name is not null)
        {
            throw new ArgumentException("A port that is given by name cannot be renamed.", nameof(link));
        }

        link.Validate();
        using var message = batch.Begin(RTM_NEWLINK, NetlinkFlags.None, "set bridge port", Header(0, link));
        Write(message, link with { Name = name });
        using var info = message.Begin(IFLA_LINKINFO);
        message.Add(IFLA_INFO_SLAVE_KIND, "bridge");
        using var data = message.Begin(IFLA_INFO_SLAVE_DATA);
        port.Write(message);
    }

    /// <summary>Asks to change what is set of those VXLAN settings that the kernel changes in place: the link beneath, the local address (within its family), the
    /// default remote, TTL, TOS, learning, ageing and limit. The others need a new link; they are left out.</summary>
    public static void ChangeVxlan(this NetlinkBatch batch, int index, in VxlanSettings vxlan)
    {
        using var message = batch.Begin(RTM_NEWLINK, NetlinkFlags.None, "set link", Header(index, default));
        using var info = message.Begin(IFLA_LINKINFO);
        message.Add(IFLA_INFO_KIND, "vxlan");
        using var data = message.Begin(IFLA_INFO_DATA);
        vxlan.WriteChangeable(message);
    }

    /// <summary>Asks to delete a link; of a veth pair, the other end goes too.</summary>
    public static void DeleteLink(this NetlinkBatch batch, int index)
    {
        using var message = batch.Begin(RTM_DELLINK, NetlinkFlags.None, "delete link", Header(index, default));
    }

    /// <summary>Asks to delete a link by name.</summary>
    public static void DeleteLink(this NetlinkBatch batch, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        using var message = batch.Begin(RTM_DELLINK, NetlinkFlags.None, "delete link", Header(0, default));
        message.Add(IFLA_IFNAME, name);
    }

    /// <summary>Asks what one link is like.</summary>
    public static void GetLink(this NetlinkBatch batch, int index)
    {
        using var message = batch.Begin(RTM_GETLINK, NetlinkFlags.None, "get link", Header(index, default));
        message.Add(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    }

    /// <summary>Asks what the link of that name is like.</summary>
    public static void GetLink(this NetlinkBatch batch, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        using var message = batch.Begin(RTM_GETLINK, NetlinkFlags.None, "get link", Header(0, default));
        message.Add(IFLA_IFNAME, name);
        message.Add(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    }

    /// <summary>Asks for all links, or for those of one kind.</summary>
    public static void DumpLinks(this NetlinkBatch batch, string? kind = null)
    {
        using var message = batch.Begin(RTM_GETLINK, NetlinkFlags.Dump, "dump links", Header(0, default));
        message.Add(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        if (kind is not null)
        {
            using var info = message.Begin(IFLA_LINKINFO);
            message.Add(IFLA_INFO_KIND, kind);
        }
    }

    private static NetlinkMessageWriter Create(NetlinkBatch batch, in LinkSettings link)
    {
        ArgumentException.ThrowIfNullOrEmpty(link.Name);
        link.Validate();
        var message = batch.Begin(RTM_NEWLINK, NetlinkFlags.Create | NetlinkFlags.Exclusive, "new link", Header(0, link));
        Write(message, link);
        return message;
    }

    private static ifinfomsg Header(int index, in LinkSettings link) => new()
    {
        ifi_index = index,
        ifi_flags = (link.IsUp == true ? IFF_UP : 0) | (link.IsPromiscuous == true ? IFF_PROMISC : 0),
        ifi_change = (link.IsUp is null ? 0 : IFF_UP) | (link.IsPromiscuous is null ? 0 : IFF_PROMISC),
    };

    private static void Write(NetlinkMessageWriter message, in LinkSettings link)
    {
        if (link.Name is { } name)
        {
            message.Add(IFLA_IFNAME, name);
        }

        if (link.Mac is { } mac)
        {
            message.Add(IFLA_ADDRESS, mac);
        }

        if (link.Mtu is { } mtu)
        {
            message.Add(IFLA_MTU, mtu);
        }

        if (link.Master is { } master)
        {
            message.Add(IFLA_MASTER, master);
        }

        if (link.TransmitQueueLength is { } length)
        {
            message.Add(IFLA_TXQLEN, length);
        }

        if (link.LongestSuperPacket is { } longest)
        {
            message.Add(IFLA_GSO_MAX_SIZE, longest);
        }

        if (link.Alias is { } alias)
        {
            message.Add(IFLA_IFALIAS, alias);
        }

        if (link.Namespace is { } handle)
        {
            message.Add(IFLA_NET_NS_FD, (int)handle.DangerousGetHandle());
        }

        if (link.NamespaceOfProcess is { } process)
        {
            message.Add(IFLA_NET_NS_PID, process);
        }
    }
}
