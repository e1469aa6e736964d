using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Kernel;

/// <summary>Says what an error of the kernel means for a change, in words that help.</summary>
internal static class Refusals
{
    /// <summary>The refusal; <see langword="null"/> when the error means that there was nothing to do.</summary>
    public static KernelRefusal? Of(NetlinkFailure failure, in KernelChange change, RouteNetlink kernel)
    {
        var isDelete = failure.Operation.StartsWith("delete", StringComparison.Ordinal);
        if (isDelete && failure.Errno is ENOENT or ESRCH or ENODEV or EADDRNOTAVAIL)
        {
            return null;
        }

        var text = failure.ToString();
        return change.Wanted switch
        {
            VxlanLinkEntry wanted when failure.Errno == EEXIST && FindRival(wanted, kernel) is { } rival =>
                new KernelRefusal($"{text}: the device '{rival.Name}', which is not this agent's, has VNI {wanted.Vni} and port {wanted.Port}; remove it or choose another VNI or port"),
            { Key.Prefix.Address.IsIPv6: true } wanted when failure.Errno is EACCES or EOPNOTSUPP or EAFNOSUPPORT =>
                new KernelRefusal($"{text}: is IPv6 disabled on '{wanted.RequiredDevice}' (sysctl net.ipv6.conf.{wanted.RequiredDevice.Replace('.', '/')}.disable_ipv6)?"),
            _ => new KernelRefusal(text, NeedsRemoval: failure.Errno == EEXIST),
        };
    }

    private static Link? FindRival(VxlanLinkEntry wanted, RouteNetlink kernel) =>
        kernel.ListLinks("vxlan").Find(link => link.Vxlan is { } vxlan && vxlan.Vni == wanted.Vni && vxlan.Port == wanted.Port && link.Name != wanted.Name);
}
