using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Backends.Vxlan;

/// <summary>Finds a device of somebody else because of which the kernel refuses ours (drivers/net/vxlan/vxlan_core.c: vxlan_config_validate, and
/// vxlan_socket_create for devices of different modes on one port).</summary>
internal static class VxlanClash
{
    /// <summary>The clash in one sentence with the remedy; <see langword="null"/> when there is none.</summary>
    public static string? Find(IEnumerable<Link> links, VxlanSettings settings, bool isIPv6)
    {
        var own = VxlanDevice.Name(settings.Vni, isIPv6);
        foreach (var link in links)
        {
            if (link.Name == own || link.Vxlan is not { } other || other.Port != settings.Port || IsIPv6(other) != isIPv6)
            {
                continue;
            }

            if (other.CollectMetadata == true)
            {
                return $"the VXLAN device {link.Name} takes all packets of UDP port {settings.Port} (external mode); delete it (ip link del {link.Name}), or give all nodes another Backend.Port";
            }

            if (other.Vni == settings.Vni)
            {
                return $"the VXLAN device {link.Name} already has VNI {settings.Vni} on UDP port {settings.Port}; delete it (ip link del {link.Name}), or give all nodes another Backend.VNI or Backend.Port";
            }

            if (link.IsUp && other.GroupPolicy != settings.GroupPolicy)
            {
                return $"the VXLAN device {link.Name} uses UDP port {settings.Port} {(other.GroupPolicy ? "with" : "without")} the group policy extension; set Backend.GBP to {(other.GroupPolicy ? "true" : "false")}, or give all nodes another Backend.Port";
            }
        }

        return null;
    }

    private static bool IsIPv6(Netlink.Route.VxlanSettings vxlan) => vxlan.Local.IsIPv6 || vxlan.DefaultRemote.IsIPv6;
}
