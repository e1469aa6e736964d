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
    /// <exception cref="NetlinkException">The kernel refused; the link may have gone.</exception>
    public static void SetMtu(NetworkNamespace target, MtuStep step) => target.Run(() =>
    {
        using var netlink = new RouteNetlink();
        var rule = new WorkloadMtu(default, step.To, step.From);
        if (step.To < step.From)
        {
            RewriteRoutes(netlink, step.Index, rule);
        }

        netlink.Execute(batch => batch.ChangeLink(step.Index, new LinkSettings { Mtu = step.To }));
        if (step.To > step.From)
        {
            RewriteRoutes(netlink, step.Index, rule);
        }
    });

    private static void RewriteRoutes(RouteNetlink netlink, int link, WorkloadMtu rule)
    {
        using var query = new NetlinkBatch();
        query.DumpRoutes(AddressFamily.InterNetwork, link: link);
        using var changes = new NetlinkBatch();
        var visitor = new Rewriter(changes, link, rule);
        netlink.Connection.Query(query, ref visitor);
        netlink.Connection.Execute(changes);
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
