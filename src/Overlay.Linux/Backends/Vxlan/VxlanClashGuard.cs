using Overlay.Linux.Underlay;

namespace Overlay.Linux.Backends.Vxlan;

/// <summary>Tells when a device of somebody else takes the VNI while the network runs.</summary>
internal sealed class VxlanClashGuard(NetworkWatch watch, VxlanSettings settings, bool isIPv6) : INetworkGuard
{
    public IDisposable Start(Core.Backends.Underlay underlay, Action<string?> report) => watch.Listen((netlink, change) =>
    {
        if (change.HasLinks)
        {
            // While our own device stands, the kernel lets nobody else have the VNI.
            var isOurs = netlink.FindLink(VxlanDevice.Name(settings.Vni, isIPv6)) is { } link && link.Vxlan?.Vni == settings.Vni;
            report(isOurs ? null : VxlanClash.Find(netlink.ListLinks("vxlan"), settings, isIPv6));
        }
    });
}
