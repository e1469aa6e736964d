namespace Overlay.Linux.Netlink.Route;

/// <summary>What the kernel believes of a neighbour (NUD_* of linux/neighbour.h).</summary>
[Flags]
#pragma warning disable CA1028 // The width is that of the kernel's header.
public enum NeighbourStates : ushort
#pragma warning restore CA1028
{
    /// <summary>Nothing yet.</summary>
    None = 0,

    /// <summary>It was asked for and has not answered.</summary>
    Incomplete = 0x01,

    /// <summary>It answered lately.</summary>
    Reachable = 0x02,

    /// <summary>It answered once.</summary>
    Stale = 0x04,

    /// <summary>It will be asked again soon.</summary>
    Delay = 0x08,

    /// <summary>It is asked again.</summary>
    Probe = 0x10,

    /// <summary>It does not answer.</summary>
    Failed = 0x20,

    /// <summary>Nobody asks.</summary>
    NoArp = 0x40,

    /// <summary>It was set by an administrator and stays.</summary>
    Permanent = 0x80,
}
