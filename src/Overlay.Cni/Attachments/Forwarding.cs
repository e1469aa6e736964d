using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Attachments;

/// <summary>The settings without which a host does not forward what its workloads send.</summary>
internal static class Forwarding
{
    /// <exception cref="CniException">A setting is off and cannot be set.</exception>
    public static void Ensure(IEnumerable<InetPrefix> gateways)
    {
        foreach (var name in gateways.Select(gateway => gateway.Address.IsIPv6 ? "net/ipv6/conf/all/forwarding" : "net/ipv4/ip_forward").Distinct())
        {
            if (Sysctl.Read(name) == "0" && !Sysctl.TryWrite(name, "1"))
            {
                throw new CniException(CniErrorCode.KernelRefused, $"The host does not forward packets, and /proc/sys/{name} cannot be written: set {name.Replace('/', '.')}=1.");
            }
        }
    }
}
