namespace Overlay.Core.Diagnostics;

/// <summary>The first event id of each room; a room owns a hundred. A retired id stays as a comment where it stood.</summary>
public static class EventIds
{
    /// <summary>The network's configuration.</summary>
    public const int Configuration = 1000;

    /// <summary>Leases and stores.</summary>
    public const int Leases = 1100;

    /// <summary>Backends.</summary>
    public const int Backends = 1200;

    /// <summary>The agent's loop.</summary>
    public const int Engine = 1300;

    /// <summary>The reconciler.</summary>
    public const int Kernel = 2000;

    /// <summary>The choice and the watch of the underlay.</summary>
    public const int Underlay = 2100;

    /// <summary>Firewall rules.</summary>
    public const int Firewall = 2200;

    /// <summary>Kernel settings under /proc/sys.</summary>
    public const int Sysctls = 2300;

    /// <summary>The userspace WireGuard device.</summary>
    public const int WireGuardDevice = 2400;

    /// <summary>The control of WireGuard devices: UAPI sockets, the kernel's module.</summary>
    public const int WireGuardControl = 2500;

    /// <summary>The WireGuard backend.</summary>
    public const int WireGuardBackend = 2600;

    /// <summary>Workloads that are attached to the node.</summary>
    public const int Workloads = 2700;

    /// <summary>The SQLite store.</summary>
    public const int Sqlite = 3000;

    /// <summary>The etcd store.</summary>
    public const int Etcd = 3100;

    /// <summary>The Kubernetes lease manager.</summary>
    public const int Kubernetes = 3200;

    /// <summary>The host.</summary>
    public const int Agent = 4000;
}
