using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>How a bridge treats one of its ports. What is not set is left as it is.</summary>
public readonly record struct BridgePortSettings
{
    /// <summary>Whether a packet may leave through the port that it came in by.</summary>
    public bool? Hairpin { get; init; }

    /// <summary>Whether the port exchanges packets only with ports that are not isolated, and with the host (Linux 4.18).</summary>
    public bool? IsIsolated { get; init; }

    /// <summary>Reads the attributes within IFLA_INFO_SLAVE_DATA.</summary>
    internal static BridgePortSettings Read(NetlinkAttributeReader attributes)
    {
        var settings = default(BridgePortSettings);
        foreach (var attribute in attributes)
        {
            settings = attribute.Type switch
            {
                IFLA_BRPORT_MODE => settings with { Hairpin = attribute.AsByte() != 0 },
                IFLA_BRPORT_ISOLATED => settings with { IsIsolated = attribute.AsByte() != 0 },
                _ => settings,
            };
        }

        return settings;
    }

    /// <summary>Writes everything that is set.</summary>
    internal void Write(NetlinkMessageWriter message)
    {
        if (Hairpin is { } hairpin)
        {
            message.Add(IFLA_BRPORT_MODE, hairpin);
        }

        if (IsIsolated is { } isolated)
        {
            message.Add(IFLA_BRPORT_ISOLATED, isolated);
        }
    }
}
