using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Attachments;

/// <summary>Requests whose refusal with certain words is as good as success.</summary>
internal static class RouteNetlinkExtensions
{
    /// <summary>Sends the requests that <paramref name="write"/> appends; those refused with an error number of <paramref name="tolerated"/> count as done.</summary>
    /// <exception cref="NetlinkException">The kernel refused one for another reason.</exception>
    public static void TryExecute(this RouteNetlink route, Action<NetlinkBatch> write, params ReadOnlySpan<int> tolerated)
    {
        using var batch = new NetlinkBatch();
        write(batch);
        foreach (var failure in route.Connection.TryExecute(batch))
        {
            if (!tolerated.Contains(failure.Errno))
            {
                throw failure.ToException();
            }
        }
    }
}
