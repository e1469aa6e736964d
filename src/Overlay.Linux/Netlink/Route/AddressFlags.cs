namespace Overlay.Linux.Netlink.Route;

/// <summary>The state of an address (IFA_F_* of linux/if_addr.h); bits without a name here are kept.</summary>
[Flags]
#pragma warning disable CA1028 // The width is that of the kernel's attribute.
public enum AddressFlags : uint
#pragma warning restore CA1028
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>IPv4: not the first address of its subnet. IPv6: a temporary address.</summary>
    Secondary = 0x1,

    /// <summary>IPv6: used at once, without asking whether somebody else has it.</summary>
    NoDuplicateDetection = 0x2,

    /// <summary>IPv6: somebody else has it.</summary>
    DuplicateDetectionFailed = 0x8,

    /// <summary>Not to be used for new connections.</summary>
    Deprecated = 0x20,

    /// <summary>IPv6: not yet known to be this host's alone.</summary>
    Tentative = 0x40,

    /// <summary>It has no end of life.</summary>
    Permanent = 0x80,

    /// <summary>No route to its subnet comes with it.</summary>
    NoPrefixRoute = 0x200,
}
