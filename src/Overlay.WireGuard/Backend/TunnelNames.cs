namespace Overlay.WireGuard.Backend;

/// <summary>The names of flannel's devices.</summary>
internal static class TunnelNames
{
    /// <summary>The only device, or that of IPv4.</summary>
    public const string Main = "flannel-wg";

    /// <summary>The device of IPv6 in mode separate.</summary>
    public const string IPv6 = "flannel-wg-v6";
}
