namespace Overlay.Linux.Kernel;

/// <summary>The names of the tables that the reconciler always has.</summary>
public static class KernelTables
{
    /// <summary>Devices.</summary>
    public const string Link = "link";

    /// <summary>Addresses of devices.</summary>
    public const string Address = "address";

    /// <summary>ARP and NDP entries.</summary>
    public const string Neighbour = "neighbour";

    /// <summary>Forwarding entries of VXLAN devices.</summary>
    public const string Forwarding = "fdb";

    /// <summary>Routes.</summary>
    public const string Route = "route";
}
