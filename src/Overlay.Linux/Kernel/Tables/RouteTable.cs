using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Kernel;

/// <summary>Routes of both families.</summary>
internal sealed class RouteTable(LinkNames names) : IKernelTable
{
    /// <summary>The table of this host's own addresses (RT_TABLE_LOCAL), which is the kernel's alone.</summary>
    private const uint LocalTable = 255;

    /// <inheritdoc/>
    public string Name => KernelTables.Route;

    /// <inheritdoc/>
    public void Ask(NetlinkBatch batch, int link) => batch.DumpRoutes(link: link);

    /// <inheritdoc/>
    public bool Read(NetlinkMessage message, ChangeOrigin origin, IKernelSink sink)
    {
        if (!RouteMessage.TryRead(message, out var route))
        {
            return false;
        }

        if (route.IsCloned || route.Table == LocalTable)
        {
            return true;
        }

        var device = route.Type == RouteType.Unicast && names.TryGetName(route.Link, out var name) ? name : "";
        var key = new EntryKey(KernelTables.Route, "", route.Destination, Number: ((ulong)route.Table << 32) | route.Metric);
        if (!sink.IsOfInterest(key, device, route.Protocol))
        {
            return true;
        }

        if (route.IsRemoval)
        {
            sink.Gone(key, origin);
        }
        else
        {
            sink.Seen(ToEntry(route, key, device), origin);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Write(NetlinkBatch batch, in KernelChange change)
    {
        if (change.Seen is { } seen && (change.Wanted is null || change.RemovesFirst || !IsReplacedInPlace(seen, change.Wanted)))
        {
            batch.DeleteRoute(seen is RouteEntry entry ? ToMessage(entry) : KeyOf(seen));
        }

        if (change.Wanted is RouteEntry wanted)
        {
            batch.ReplaceRoute(ToMessage(wanted));
        }
    }

    // IPv6 replaces a route with a gateway only by another one with a gateway, and adds anything else beside it (fib6_add_rt2node of net/ipv6/ip6_fib.c).
    // And it takes no onlink gateway to which the present route leads over another device (ip6_route_check_nh_onlink of net/ipv6/route.c).
    private static bool IsReplacedInPlace(KernelEntry seen, KernelEntry wanted) =>
        !wanted.Key.Prefix.Address.IsIPv6
        || (seen is RouteEntry before
            && wanted is RouteEntry after
            && before.Gateway.IsNone == after.Gateway.IsNone
            && (before.Device == after.Device || !after.IsOnLink));

    private static KernelEntry ToEntry(in RouteMessage route, in EntryKey key, string device)
    {
        var isSimple = route is { IsMultipath: false, NextHop: 0, PreferredSource.IsNone: true, Type: RouteType.Unicast or RouteType.Blackhole or RouteType.Unreachable }
            && (device.Length > 0 || route.Type != RouteType.Unicast);
        if (!isSimple)
        {
            return new ForeignEntry(key, device, $"{route.Destination} dev {device} of another shape", route.Protocol);
        }

        return new RouteEntry
        {
            Destination = route.Destination,
            Table = route.Table,
            Metric = route.Metric,
            Kind = (RouteKind)route.Type,
            Gateway = route.Gateway,
            Device = device,
            IsOnLink = route.IsOnLink,
            Mtu = route.Mtu,
            Protocol = route.Protocol,
        };
    }

    private RouteMessage ToMessage(RouteEntry entry) => new()
    {
        Destination = entry.Destination,
        Table = entry.Table,
        Metric = entry.Metric,
        Type = (RouteType)entry.Kind,
        Gateway = entry.Gateway,
        Link = entry.Device.Length == 0 ? 0 : names.IndexOf(entry.Device),
        IsOnLink = entry.IsOnLink,
        Mtu = entry.Mtu,
        Protocol = entry.Protocol,
    };

    private static RouteMessage KeyOf(KernelEntry seen) => new()
    {
        Destination = seen.Key.Prefix,
        Table = (uint)(seen.Key.Number >> 32),
        Metric = (uint)seen.Key.Number,
        Type = RouteType.Unspecified,
    };
}
