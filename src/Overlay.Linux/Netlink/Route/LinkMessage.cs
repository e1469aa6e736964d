using System.Text;
using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>A view over what the kernel says about a link. Reading allocates nothing.</summary>
public readonly ref struct LinkMessage
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly ReadOnlySpan<byte> _masterKind;
    private readonly ReadOnlySpan<byte> _portData;

    private LinkMessage(scoped in ifinfomsg header, bool isRemoval, NetlinkAttributeReader attributes)
    {
        Index = header.ifi_index;
        Flags = (LinkFlags)header.ifi_flags;
        IsRemoval = isRemoval;
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case IFLA_IFNAME:
                    Name = attribute.AsTextBytes();
                    break;
                case IFLA_ADDRESS:
                    Mac = attribute.AsMac();
                    break;
                case IFLA_MTU:
                    Mtu = attribute.AsInt32();
                    break;
                case IFLA_LINK:
                    Lower = attribute.AsInt32();
                    break;
                case IFLA_MASTER:
                    Master = attribute.AsInt32();
                    break;
                case IFLA_TXQLEN:
                    TransmitQueueLength = attribute.AsInt32();
                    break;
                case IFLA_IFALIAS:
                    Alias = attribute.AsTextBytes();
                    break;
                case IFLA_LINK_NETNSID:
                    IsLowerElsewhere = true;
                    LowerNamespace = attribute.AsInt32();
                    break;
                case IFLA_LINKINFO:
                    foreach (var detail in attribute.AsNested())
                    {
                        switch (detail.Type)
                        {
                            case IFLA_INFO_KIND:
                                Kind = detail.AsTextBytes();
                                break;
                            case IFLA_INFO_DATA:
                                _data = detail.Value;
                                break;
                            case IFLA_INFO_SLAVE_KIND:
                                _masterKind = detail.AsTextBytes();
                                break;
                            case IFLA_INFO_SLAVE_DATA:
                                _portData = detail.Value;
                                break;
                        }
                    }

                    break;
            }
        }
    }

    /// <summary>The link's index; an index is not used again while its namespace lives.</summary>
    public int Index { get; }

    /// <summary>The link's state.</summary>
    public LinkFlags Flags { get; }

    /// <summary>Whether the link is up.</summary>
    public bool IsUp => (Flags & LinkFlags.Up) != 0;

    /// <summary>Whether the message says that the link is gone.</summary>
    public bool IsRemoval { get; }

    /// <summary>The name in UTF-8.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The kind in UTF-8, such as <c>vxlan</c>; empty for hardware and loopback.</summary>
    public ReadOnlySpan<byte> Kind { get; }

    /// <summary>The description in UTF-8.</summary>
    public ReadOnlySpan<byte> Alias { get; }

    /// <summary>The Ethernet address; zero for a link without one.</summary>
    public MacAddress Mac { get; }

    /// <summary>The largest packet, in bytes.</summary>
    public int Mtu { get; }

    /// <summary>The index of the link beneath, or of a veth's other end; 0 for none.</summary>
    public int Lower { get; }

    /// <summary>Whether <see cref="Lower"/> counts in another namespace.</summary>
    public bool IsLowerElsewhere { get; }

    /// <summary>The number by which this namespace knows the one that <see cref="Lower"/> is in, when it is elsewhere.</summary>
    public int LowerNamespace { get; }

    /// <summary>The index of the bridge that the link is a port of; 0 for none.</summary>
    public int Master { get; }

    /// <summary>How many packets may wait to be sent.</summary>
    public int TransmitQueueLength { get; }

    /// <summary>Reads RTM_NEWLINK and RTM_DELLINK. A bridge's words about its ports (AF_BRIDGE) are not about links, and are refused.</summary>
    public static bool TryRead(NetlinkMessage message, out LinkMessage link)
    {
        link = default;
        if (message.Type is not (RTM_NEWLINK or RTM_DELLINK) || !message.TryRead<ifinfomsg>(out var header, out var attributes) || header.ifi_family != 0)
        {
            return false;
        }

        link = new LinkMessage(header, message.Type == RTM_DELLINK, attributes);
        return true;
    }

    /// <summary>What makes a VXLAN link special; <see langword="false"/> for a link of another kind.</summary>
    public bool TryGetVxlan(out VxlanSettings settings)
    {
        if (!Kind.SequenceEqual("vxlan"u8))
        {
            settings = default;
            return false;
        }

        settings = VxlanSettings.Read(new NetlinkAttributeReader(_data));
        return true;
    }

    /// <summary>What makes a bridge special; <see langword="false"/> for a link of another kind.</summary>
    public bool TryGetBridge(out BridgeSettings settings)
    {
        if (!Kind.SequenceEqual("bridge"u8))
        {
            settings = default;
            return false;
        }

        settings = BridgeSettings.Read(new NetlinkAttributeReader(_data));
        return true;
    }

    /// <summary>How the bridge that the link is a port of treats it; <see langword="false"/> for a link that is no such port.</summary>
    public bool TryGetPort(out BridgePortSettings settings)
    {
        if (!_masterKind.SequenceEqual("bridge"u8))
        {
            settings = default;
            return false;
        }

        settings = BridgePortSettings.Read(new NetlinkAttributeReader(_portData));
        return true;
    }

    /// <summary>The same as an object that can be kept.</summary>
    public Link ToLink() => new()
    {
        Index = Index,
        Name = Encoding.UTF8.GetString(Name),
        Kind = Encoding.UTF8.GetString(Kind),
        Flags = Flags,
        Mac = Mac,
        Mtu = Mtu,
        Lower = Lower,
        IsLowerElsewhere = IsLowerElsewhere,
        LowerNamespace = LowerNamespace,
        Master = Master,
        TransmitQueueLength = TransmitQueueLength,
        Alias = Encoding.UTF8.GetString(Alias),
        Vxlan = TryGetVxlan(out var vxlan) ? vxlan : null,
        Bridge = TryGetBridge(out var bridge) ? bridge : null,
        Port = TryGetPort(out var port) ? port : null,
    };
}
