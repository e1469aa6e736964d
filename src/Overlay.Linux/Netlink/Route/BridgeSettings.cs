using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>What makes a bridge special. What is not set is left to the kernel.</summary>
public readonly record struct BridgeSettings
{
    /// <summary>Whether the bridge speaks the spanning tree protocol; the kernel's default is no.</summary>
    public bool? SpanningTree { get; init; }

    /// <summary>How long a new port listens before it forwards, in hundredths of a second, when the spanning tree protocol is on.</summary>
    public int? ForwardDelay { get; init; }

    /// <summary>How long a learned Ethernet address is kept, in hundredths of a second.</summary>
    public int? Ageing { get; init; }

    /// <summary>Whether the bridge looks at VLAN tags.</summary>
    public bool? VlanFiltering { get; init; }

    /// <summary>Whether the bridge sends multicast only to ports that asked for it; the kernel's default is yes.</summary>
    public bool? MulticastSnooping { get; init; }

    /// <summary>Reads the attributes within IFLA_INFO_DATA.</summary>
    internal static BridgeSettings Read(NetlinkAttributeReader attributes)
    {
        var settings = default(BridgeSettings);
        foreach (var attribute in attributes)
        {
            settings = attribute.Type switch
            {
                IFLA_BR_STP_STATE => settings with { SpanningTree = attribute.AsInt32() != 0 },
                IFLA_BR_FORWARD_DELAY => settings with { ForwardDelay = attribute.AsInt32() },
                IFLA_BR_AGEING_TIME => settings with { Ageing = attribute.AsInt32() },
                IFLA_BR_VLAN_FILTERING => settings with { VlanFiltering = attribute.AsByte() != 0 },
                IFLA_BR_MCAST_SNOOPING => settings with { MulticastSnooping = attribute.AsByte() != 0 },
                _ => settings,
            };
        }

        return settings;
    }

    /// <summary>Writes everything that is set.</summary>
    internal void Write(NetlinkMessageWriter message)
    {
        if (SpanningTree is { } spanningTree)
        {
            message.Add(IFLA_BR_STP_STATE, spanningTree ? 1 : 0);
        }

        if (ForwardDelay is { } delay)
        {
            message.Add(IFLA_BR_FORWARD_DELAY, delay);
        }

        if (Ageing is { } ageing)
        {
            message.Add(IFLA_BR_AGEING_TIME, ageing);
        }

        if (VlanFiltering is { } filtering)
        {
            message.Add(IFLA_BR_VLAN_FILTERING, filtering);
        }

        if (MulticastSnooping is { } snooping)
        {
            message.Add(IFLA_BR_MCAST_SNOOPING, snooping);
        }
    }
}
