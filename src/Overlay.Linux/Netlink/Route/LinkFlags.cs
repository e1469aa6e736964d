namespace Overlay.Linux.Netlink.Route;

/// <summary>The state of a link (IFF_* of linux/if.h); bits without a name here are kept.</summary>
[Flags]
#pragma warning disable CA1028 // The width is that of the kernel's header.
public enum LinkFlags : uint
#pragma warning restore CA1028
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The link was set up.</summary>
    Up = 0x1,

    /// <summary>It can send to all on it.</summary>
    Broadcast = 0x2,

    /// <summary>It leads back to this namespace.</summary>
    Loopback = 0x8,

    /// <summary>It has one other end.</summary>
    PointToPoint = 0x10,

    /// <summary>It works: it is up, and so is what it stands on.</summary>
    Running = 0x40,

    /// <summary>It has no ARP.</summary>
    NoArp = 0x80,

    /// <summary>It takes in packets for other Ethernet addresses too.</summary>
    Promiscuous = 0x100,

    /// <summary>It can send to a group.</summary>
    Multicast = 0x1000,

    /// <summary>It has a carrier.</summary>
    LowerUp = 0x10000,
}
