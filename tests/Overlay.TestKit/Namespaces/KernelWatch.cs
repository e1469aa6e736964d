using System.Diagnostics;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.TestKit.Namespaces;

/// <summary>Waits for a state of the kernel without polling: the condition is looked at again whenever the kernel announces a change.</summary>
public static class KernelWatch
{
    // The silent removals of IPv4 routes are announced by the link's change, but a moment before they are done.
    private static readonly TimeSpan _longestNap = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until <paramref name="condition"/> holds in the namespace; gives how long that took.</summary>
    /// <exception cref="TimeoutException">It did not hold in time.</exception>
    public static TimeSpan Until(NetworkNamespace target, Func<RouteNetlink, bool> condition, TimeSpan deadline)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(condition);
        using var notifications = target.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        foreach (var group in Enum.GetValues<RouteGroup>().Where(group => group != RouteGroup.None))
        {
            notifications.Join(group);
        }

        using var route = target.Run(() => new RouteNetlink());
        using var buffer = new NetlinkBuffer();
        var clock = Stopwatch.StartNew();
        while (!condition(route))
        {
            var left = deadline - clock.Elapsed;
            if (left <= TimeSpan.Zero)
            {
                throw new TimeoutException($"The kernel's state did not become what was waited for within {deadline}.");
            }

            notifications.Receive(buffer, left < _longestNap ? left : _longestNap);
            while (notifications.Receive(buffer) != NetlinkReceipt.Nothing)
            {
                // One look is enough for all that has happened until now.
            }
        }

        return clock.Elapsed;
    }
}
