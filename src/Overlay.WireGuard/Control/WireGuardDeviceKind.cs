namespace Overlay.WireGuard.Control;

/// <summary>Who carries the packets of an interface.</summary>
public enum WireGuardDeviceKind
{
    /// <summary>This process, over a TUN device.</summary>
    Userspace,

    /// <summary>The kernel's <c>wireguard</c> module.</summary>
    Kernel,
}
