namespace Overlay.Linux.Kernel;

/// <summary>Route protocol numbers (rtm_protocol of linux/rtnetlink.h).</summary>
public static class RouteProtocols
{
    /// <summary>Installed by the kernel itself (RTPROT_KERNEL).</summary>
    public const byte Kernel = 2;

    /// <summary>Flannel's (RTPROT_BOOT), shared with everything that sets none.</summary>
    public const byte Boot = 3;

    /// <summary>Ours: no number of linux/rtnetlink.h or of iproute2's rt_protos. Routes that carry it are known to be an overlay agent's.</summary>
    public const byte Overlay = 111;
}
