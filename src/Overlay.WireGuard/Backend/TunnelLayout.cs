using Overlay.Core.Addressing;
using Overlay.Core.Backends;

namespace Overlay.WireGuard.Backend;

/// <summary>Which devices a node has, and what each of them carries.</summary>
internal static class TunnelLayout
{
    /// <summary>The devices, that of IPv4 first.</summary>
    public static IReadOnlyList<Tunnel> Of(WireGuardSettings settings, SubnetPair network, Underlay underlay)
    {
        // What the interface does not carry cannot be had.
        var outer = settings.Mtu == 0 ? underlay.Mtu : Math.Min(settings.Mtu, underlay.Mtu);
        if (settings.Mode != TunnelMode.Separate)
        {
            return [new Tunnel(TunnelNames.Main, settings.ListenPort, Mtu(MayRunOverIPv6(settings.Mode, underlay)), network)];
        }

        var tunnels = new List<Tunnel>(2);
        if (network.IPv4 is not null)
        {
            tunnels.Add(new Tunnel(TunnelNames.Main, settings.ListenPort, Mtu(isOverIPv6: false), new SubnetPair(network.IPv4, null)));
        }

        if (network.IPv6 is not null)
        {
            tunnels.Add(new Tunnel(TunnelNames.IPv6, settings.ListenPortV6, Mtu(isOverIPv6: true), new SubnetPair(null, network.IPv6)));
        }

        return tunnels;

        int Mtu(bool isOverIPv6) => outer - (isOverIPv6 ? WireGuardOverhead.OverIPv6 : WireGuardOverhead.OverIPv4);
    }

    private static bool MayRunOverIPv6(TunnelMode mode, Underlay underlay) => mode switch
    {
        TunnelMode.IPv4 => false,
        TunnelMode.IPv6 => true,
        _ => underlay.Addresses.IPv6 is not null,
    };
}
