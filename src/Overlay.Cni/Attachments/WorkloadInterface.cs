using Overlay.Cni.Protocol;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Attachments;

/// <summary>The interface inside a workload's namespace.</summary>
internal static class WorkloadInterface
{
    private const byte BootProtocol = 3;
    private const int AlreadyExists = 17;

    /// <summary>Gives the interface its addresses and routes and sets it up; the calling thread is in the workload's namespace.</summary>
    /// <exception cref="NetlinkException">The kernel refused something.</exception>
    public static void Configure(string name, IReadOnlyList<CniAddress> addresses, IReadOnlyList<CniRoute> routes)
    {
        using var inside = new RouteNetlink();
        var link = inside.FindLink(name) ?? throw new CniException(CniErrorCode.TryAgainLater, $"Somebody deleted {name} while it was set up: find out who.");
        SetSysctls(name, addresses.Any(entry => entry.Address.Address.IsIPv6));
        inside.Execute(batch =>
        {
            batch.ChangeLink(link.Index, new LinkSettings { IsUp = true });
            foreach (var entry in addresses)
            {
                batch.ReplaceAddress(link.Index, entry.Address, entry.Address.Address.IsIPv6 ? AddressFlags.NoDuplicateDetection : AddressFlags.None);
            }
        });

        // A network that is no larger than the subnet has its route already, by the address.
        inside.TryExecute(
            batch =>
            {
                foreach (var route in routes)
                {
                    batch.CreateRoute(ToMessage(route, link.Index));
                }
            },
            AlreadyExists);
    }

    /// <summary>The route as the kernel has it.</summary>
    public static RouteMessage ToMessage(CniRoute route, int link)
    {
        var message = new RouteMessage { Destination = route.Destination, Gateway = route.Gateway, Link = link, Protocol = BootProtocol };
        return message with
        {
            Metric = (uint)route.Detail("priority"),
            Mtu = (int)route.Detail("mtu"),
            Table = route.Detail("table") is > 0 and var table ? (uint)table : message.Table,
        };
    }

    private static void SetSysctls(string name, bool hasIPv6)
    {
        // Neighbours hear of the address when the link comes up.
        Sysctl.TryWrite($"net/ipv4/conf/{name}/arp_notify", "1");
        if (hasIPv6)
        {
            if (!Sysctl.TryWrite($"net/ipv6/conf/{name}/disable_ipv6", "0"))
            {
                throw new CniException(CniErrorCode.KernelRefused, "The workload has an IPv6 address and its kernel has no IPv6: set EnableIPv6 to false in the network's configuration.");
            }

            // The node's addresses are this plugin's to give; nobody else can have them.
            Sysctl.TryWrite($"net/ipv6/conf/{name}/accept_dad", "0");
            Sysctl.TryWrite($"net/ipv6/conf/{name}/ndisc_notify", "1");
        }
    }
}
