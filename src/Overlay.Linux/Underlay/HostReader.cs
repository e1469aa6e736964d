using System.Net;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Underlay;

/// <summary>Reads over netlink what the choice and the watch of the underlay look at.</summary>
internal static class HostReader
{
    /// <summary>All interfaces and default routes.</summary>
    public static HostView ReadHost(RouteNetlink netlink)
    {
        var addresses = netlink.ListAddresses().ToLookup(address => address.Link);
        var interfaces = netlink.ListLinks().OrderBy(link => link.Index).Select(link => Describe(link, addresses[link.Index])).ToArray();
        return new HostView(interfaces, ReadDefaultRoutes(netlink), target => ReadInterfaceTo(netlink, target));
    }

    /// <summary>The interface with that index, which may have another name now, else the one of that name, which may have been made again.</summary>
    public static HostInterface? ReadInterface(RouteNetlink netlink, int index, string name) =>
        (netlink.FindLink(index) ?? netlink.FindLink(name)) is { } link ? Describe(link, netlink.ListAddresses(link.Index)) : null;

    /// <summary>What is reached through the interface without a gateway, link-local prefixes left out, in a stable order.</summary>
    public static IReadOnlyList<IPNetwork> ReadOnLink(RouteNetlink netlink, int index)
    {
        using var request = new NetlinkBatch();
        request.DumpRoutes(table: RouteMessage.MainTable, link: index);
        var visitor = new ListVisitor<InetPrefix>(TryReadOnLink);
        try
        {
            netlink.Connection.Query(request, ref visitor);
        }
        catch (NetlinkException exception) when (exception.Errno is Interop.Uapi.ENODEV or Interop.Uapi.ENOENT)
        {
            // The interface or the table is gone: nothing is reached.
            return [];
        }

        return [.. visitor.Items.Distinct().OrderBy(prefix => prefix.Address).ThenBy(prefix => prefix.Length)
            .Select(prefix => new IPNetwork(prefix.Address.ToIPAddress(), prefix.Length))];

        bool TryReadOnLink(NetlinkMessage message, out InetPrefix prefix)
        {
            var isRoute = RouteMessage.TryRead(message, out var route);
            prefix = route.Destination;
            // A kernel before 4.20 answers with all routes, so the filter is repeated here.
            return isRoute
                && route is { Type: RouteType.Unicast, Table: RouteMessage.MainTable, Gateway.IsNone: true, IsCloned: false }
                && route.Link == index
                && !new HostAddress(prefix.Address).IsLinkLocal;
        }
    }

    /// <summary>The default routes of the main table.</summary>
    public static IReadOnlyList<DefaultRoute> ReadDefaultRoutes(RouteNetlink netlink)
    {
        using var request = new NetlinkBatch();
        request.DumpRoutes(table: RouteMessage.MainTable);
        var visitor = new ListVisitor<DefaultRoute>(DefaultRouteReader.TryRead);
        netlink.Connection.Query(request, ref visitor);
        return visitor.Items;
    }

    private static HostInterface Describe(Link link, IEnumerable<AddressMessage> addresses) => new(
        link.Index,
        link.Name,
        link.Mtu,
        link.IsUp,
        link.Flags.HasFlag(LinkFlags.Loopback),
        [.. addresses.Select(address => new HostAddress(address.Address.Address, address.Flags))]);

    private static int? ReadInterfaceTo(RouteNetlink netlink, InetAddress target)
    {
        try
        {
            return netlink.GetRoute(target).Link is not 0 and var link ? link : null;
        }
        catch (NetlinkException)
        {
            // No route, or one that says "unreachable".
            return null;
        }
    }
}
