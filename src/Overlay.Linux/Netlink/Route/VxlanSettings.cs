using System.Buffers.Binary;
using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>What makes a VXLAN link special (IFLA_VXLAN_* of linux/if_link.h). In a request, what is not set is left to the kernel; what was read from the
/// kernel has everything set that the kernel said.</summary>
public readonly record struct VxlanSettings
{
    /// <summary>The VXLAN network identifier.</summary>
    public int? Vni { get; init; }

    /// <summary>The index of the link beneath; 0 for none.</summary>
    public int? Underlay { get; init; }

    /// <summary>The source address of outer packets.</summary>
    public InetAddress Local { get; init; }

    /// <summary>Where packets go that no forwarding entry knows: an address, or a group.</summary>
    public InetAddress DefaultRemote { get; init; }

    /// <summary>The UDP port. The kernel's own default is 8472.</summary>
    public int? Port { get; init; }

    /// <summary>The range of UDP source ports; (0, 0) for the system's own.</summary>
    public (int Low, int High)? SourcePorts { get; init; }

    /// <summary>The outer packets' time to live; 0 follows the system's default.</summary>
    public byte? TimeToLive { get; init; }

    /// <summary>The outer packets' type of service; 1 copies the inner one.</summary>
    public byte? TypeOfService { get; init; }

    /// <summary>Whether source addresses are learned from incoming packets. The kernel's own default is yes.</summary>
    public bool? Learning { get; init; }

    /// <summary>How long a learned address is kept, in seconds.</summary>
    public int? Ageing { get; init; }

    /// <summary>The most forwarding entries that may be learned; 0 for no limit.</summary>
    public int? Limit { get; init; }

    /// <summary>Whether the link answers ARP and NDP from its neighbours.</summary>
    public bool? Proxy { get; init; }

    /// <summary>Whether the link routes to known neighbours itself.</summary>
    public bool? RouteShortCircuit { get; init; }

    /// <summary>Whether a missing forwarding entry is announced.</summary>
    public bool? AnnounceMacMiss { get; init; }

    /// <summary>Whether a missing neighbour is announced.</summary>
    public bool? AnnounceAddressMiss { get; init; }

    /// <summary>Whether outer packets over IPv4 have a UDP checksum.</summary>
    public bool? UdpChecksum { get; init; }

    /// <summary>Whether outer packets over IPv6 are sent without a UDP checksum.</summary>
    public bool? ZeroChecksum6Transmit { get; init; }

    /// <summary>Whether outer packets over IPv6 are accepted without a UDP checksum.</summary>
    public bool? ZeroChecksum6Receive { get; init; }

    /// <summary>Whether each packet says by itself where it goes (external mode).</summary>
    public bool? CollectMetadata { get; init; }

    /// <summary>Whether the group policy extension is on.</summary>
    public bool GroupPolicy { get; init; }

    /// <summary>Reads the attributes within IFLA_INFO_DATA.</summary>
    internal static VxlanSettings Read(NetlinkAttributeReader attributes)
    {
        // The kernel leaves flags out that are not set, and addresses that are not there.
        var settings = default(VxlanSettings);
        foreach (var attribute in attributes)
        {
            settings = attribute.Type switch
            {
                IFLA_VXLAN_ID => settings with { Vni = attribute.AsInt32() },
                IFLA_VXLAN_LINK => settings with { Underlay = attribute.AsInt32() },
                IFLA_VXLAN_LOCAL or IFLA_VXLAN_LOCAL6 => settings with { Local = attribute.AsAddress() },
                IFLA_VXLAN_GROUP or IFLA_VXLAN_GROUP6 => settings with { DefaultRemote = attribute.AsAddress() },
                IFLA_VXLAN_PORT => settings with { Port = attribute.AsBigEndianUInt16() },
                IFLA_VXLAN_PORT_RANGE => settings with { SourcePorts = ReadRange(attribute.Value) },
                IFLA_VXLAN_TTL => settings with { TimeToLive = attribute.AsByte() },
                IFLA_VXLAN_TOS => settings with { TypeOfService = attribute.AsByte() },
                IFLA_VXLAN_LEARNING => settings with { Learning = attribute.AsByte() != 0 },
                IFLA_VXLAN_AGEING => settings with { Ageing = attribute.AsInt32() },
                IFLA_VXLAN_LIMIT => settings with { Limit = attribute.AsInt32() },
                IFLA_VXLAN_PROXY => settings with { Proxy = attribute.AsByte() != 0 },
                IFLA_VXLAN_RSC => settings with { RouteShortCircuit = attribute.AsByte() != 0 },
                IFLA_VXLAN_L2MISS => settings with { AnnounceMacMiss = attribute.AsByte() != 0 },
                IFLA_VXLAN_L3MISS => settings with { AnnounceAddressMiss = attribute.AsByte() != 0 },
                IFLA_VXLAN_UDP_CSUM => settings with { UdpChecksum = attribute.AsByte() != 0 },
                IFLA_VXLAN_UDP_ZERO_CSUM6_TX => settings with { ZeroChecksum6Transmit = attribute.AsByte() != 0 },
                IFLA_VXLAN_UDP_ZERO_CSUM6_RX => settings with { ZeroChecksum6Receive = attribute.AsByte() != 0 },
                IFLA_VXLAN_COLLECT_METADATA => settings with { CollectMetadata = attribute.AsByte() != 0 },
                IFLA_VXLAN_GBP => settings with { GroupPolicy = true },
                _ => settings,
            };
        }

        return settings;
    }

    /// <summary>Refuses numbers that do not fit, before a message has begun.</summary>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(Vni ?? 0), 0xFF_FFFFu, nameof(Vni));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(Port ?? 0), ushort.MaxValue, nameof(Port));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(SourcePorts?.Low ?? 0), ushort.MaxValue, nameof(SourcePorts));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(SourcePorts?.High ?? 0), ushort.MaxValue, nameof(SourcePorts));
    }

    /// <summary>Writes everything that is set.</summary>
    internal void Write(NetlinkMessageWriter message)
    {
        if (Vni is { } vni)
        {
            message.Add(IFLA_VXLAN_ID, vni);
        }

        WriteChangeable(message);
        if (Port is { } port)
        {
            message.AddBigEndian(IFLA_VXLAN_PORT, (ushort)port);
        }

        if (SourcePorts is { } range)
        {
            Span<byte> bytes = stackalloc byte[2 * sizeof(ushort)];
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)range.Low);
            BinaryPrimitives.WriteUInt16BigEndian(bytes[sizeof(ushort)..], (ushort)range.High);
            message.Add(IFLA_VXLAN_PORT_RANGE, bytes);
        }

        Add(message, IFLA_VXLAN_PROXY, Proxy);
        Add(message, IFLA_VXLAN_RSC, RouteShortCircuit);
        Add(message, IFLA_VXLAN_L2MISS, AnnounceMacMiss);
        Add(message, IFLA_VXLAN_L3MISS, AnnounceAddressMiss);
        Add(message, IFLA_VXLAN_UDP_CSUM, UdpChecksum);
        Add(message, IFLA_VXLAN_UDP_ZERO_CSUM6_TX, ZeroChecksum6Transmit);
        Add(message, IFLA_VXLAN_UDP_ZERO_CSUM6_RX, ZeroChecksum6Receive);
        Add(message, IFLA_VXLAN_COLLECT_METADATA, CollectMetadata);
        if (GroupPolicy)
        {
            message.Add(IFLA_VXLAN_GBP);
        }
    }

    /// <summary>Writes what is set of those attributes that the kernel changes in place (<c>vxlan_nl2conf</c> of drivers/net/vxlan/vxlan_core.c).</summary>
    internal void WriteChangeable(NetlinkMessageWriter message)
    {
        if (Underlay is { } underlay)
        {
            message.Add(IFLA_VXLAN_LINK, underlay);
        }

        if (!Local.IsNone)
        {
            message.Add(Local.IsIPv6 ? IFLA_VXLAN_LOCAL6 : IFLA_VXLAN_LOCAL, Local);
        }

        if (!DefaultRemote.IsNone)
        {
            message.Add(DefaultRemote.IsIPv6 ? IFLA_VXLAN_GROUP6 : IFLA_VXLAN_GROUP, DefaultRemote);
        }

        if (TimeToLive is { } timeToLive)
        {
            message.Add(IFLA_VXLAN_TTL, timeToLive);
        }

        if (TypeOfService is { } typeOfService)
        {
            message.Add(IFLA_VXLAN_TOS, typeOfService);
        }

        Add(message, IFLA_VXLAN_LEARNING, Learning);
        if (Ageing is { } ageing)
        {
            message.Add(IFLA_VXLAN_AGEING, ageing);
        }

        if (Limit is { } limit)
        {
            message.Add(IFLA_VXLAN_LIMIT, limit);
        }
    }

    private static void Add(NetlinkMessageWriter message, ushort type, bool? value)
    {
        if (value is { } isOn)
        {
            message.Add(type, isOn);
        }
    }

    private static (int Low, int High)? ReadRange(ReadOnlySpan<byte> value) => value.Length < 2 * sizeof(ushort)
        ? null
        : (BinaryPrimitives.ReadUInt16BigEndian(value), BinaryPrimitives.ReadUInt16BigEndian(value[sizeof(ushort)..]));
}
