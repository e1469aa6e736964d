using System.Net.Sockets;
using Overlay.Core.Backends;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Workloads;

/// <summary>Changes the MTU inside a workload's namespace: of its link, and of the IPv4 routes that name one. Those of IPv6 follow the link by themselves
/// (<c>rt6_mtu_change</c> of net/ipv6/route.c); an IPv4 route with a larger MTU than its link would lose packets.</summary>
internal static class WorkloadInterior
{
    /// <summary>Sets the MTU of the link, and of its routes by the same rule.</summary>
    /// <exception cref="NetlinkException">The kernel refused something, and did the rest; the link may have gone.</exception>
    public static void SetMtu(NetworkNamespace target, MtuStep step) => target.Run(() =>
    {
        using var netlink = new RouteNetlink();
        using var link = new NetlinkBatch();
        link.ChangeLink(step.Index, new LinkSettings { Mtu = step.To });
        using var routes = ReadRoutes(netlink, step.Index, new WorkloadMtu(default, step.To, step.From));
        // A route's MTU is never larger than its link's.
        NetlinkBatch[] order = step.To < step.From ? [routes, link] : [link, routes];
        foreach (var failure in order.SelectMany(netlink.Connection.TryExecute).ToList())
        {
            throw failure.ToException();
        }
    });

    private static NetlinkBatch ReadRoutes(RouteNetlink netlink, int link, WorkloadMtu rule)
    {
        using var query = new NetlinkBatch();
        query.DumpRoutes(AddressFamily.InterNetwork, link: link);
        var changes = new NetlinkBatch();
        var visitor = new Rewriter(changes, link, rule);
        netlink.Connection.Query(query, ref visitor);
        return changes;
    }

    private readonly struct Rewriter(NetlinkBatch changes, int link, WorkloadMtu rule) : INetlinkVisitor
    {
        public void Begin() => changes.Clear();

        public void Visit(NetlinkMessage message)
        {
            if (RouteMessage.TryRead(message, out var route) && route is { Mtu: > 0, IsCloned: false } && route.Link == link && rule.Correct(route.Mtu) is { } mtu)
            {
                changes.ReplaceMtu(message, mtu);
            }
        }
    }
}
