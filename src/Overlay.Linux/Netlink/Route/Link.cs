using Overlay.Core.Addressing;

namespace Overlay.Linux.Netlink.Route;

/// <summary>A link as it was when the kernel was asked; <see cref="LinkMessage"/> is the same without allocation.</summary>
public sealed record Link
{
    /// <summary>The link's index; an index is not used again while its namespace lives.</summary>
    public required int Index { get; init; }

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The kind, such as <c>vxlan</c>; empty for hardware and loopback.</summary>
    public required string Kind { get; init; }

    /// <summary>The link's state.</summary>
    public LinkFlags Flags { get; init; }

    /// <summary>Whether the link is up.</summary>
    public bool IsUp => Flags.HasFlag(LinkFlags.Up);

    /// <summary>The Ethernet address; zero for a link without one.</summary>
    public MacAddress Mac { get; init; }

    /// <summary>The largest packet, in bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>The index of the link beneath, or of a veth's other end; 0 for none.</summary>
    public int Lower { get; init; }

    /// <summary>Whether <see cref="Lower"/> counts in another namespace.</summary>
    public bool IsLowerElsewhere { get; init; }

    /// <summary>The number by which this namespace knows the one that <see cref="Lower"/> is in, when it is elsewhere.</summary>
    public int LowerNamespace { get; init; }

    /// <summary>The index of the bridge that the link is a port of; 0 for none.</summary>
    public int Master { get; init; }

    /// <summary>How many packets may wait to be sent.</summary>
    public int TransmitQueueLength { get; init; }

    /// <summary>The description; empty for none.</summary>
    public string Alias { get; init; } = "";

    /// <summary>What makes a VXLAN link special; <see langword="null"/> for another kind.</summary>
    public VxlanSettings? Vxlan { get; init; }

    /// <summary>What makes a bridge special; <see langword="null"/> for another kind.</summary>
    public BridgeSettings? Bridge { get; init; }

    /// <summary>How the bridge treats the link; <see langword="null"/> for a link that is no port of one.</summary>
    public BridgePortSettings? Port { get; init; }
}
