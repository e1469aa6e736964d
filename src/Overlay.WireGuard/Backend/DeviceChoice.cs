namespace Overlay.WireGuard.Backend;

/// <summary>Who shall carry the packets.</summary>
internal enum DeviceChoice
{
    /// <summary>The kernel where it can, else this process.</summary>
    Auto,

    /// <summary>The kernel's module.</summary>
    Kernel,

    /// <summary>This process.</summary>
    Userspace,
}
