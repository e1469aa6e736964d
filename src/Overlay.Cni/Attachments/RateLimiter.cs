using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Attachments;

/// <summary>Keeps a workload's traffic within its limits. What it receives waits in the queue of the host's veth link. What it sends comes in by that link, and nothing
/// waits on the way in: it is led through a link of its own (<c>ifb</c>), which has a queue.</summary>
internal static class RateLimiter
{
    private const int NotSupported = 95;

    /// <exception cref="CniException">The kernel lacks what it takes.</exception>
    public static void Apply(RouteNetlink host, AttachmentKey key, BandwidthLimits limits, int mtu)
    {
        if (limits.IsEmpty)
        {
            return;
        }

        try
        {
            var link = Find(host, AttachmentNames.HostLink(key));
            if (limits.Incoming is { } incoming)
            {
                host.Execute(batch => batch.LimitRate(link.Index, incoming.BytesPerSecond, incoming.BurstBytes, incoming.WaitingBytes));
            }

            if (limits.Outgoing is { } outgoing)
            {
                var name = AttachmentNames.LimiterLink(key);
                Remove(host, key);
                host.Execute(batch => batch.CreateLink("ifb", new LinkSettings { Name = name, Mtu = mtu, IsUp = true }));
                var limiter = Find(host, name);
                host.Execute(batch =>
                {
                    batch.LimitRate(limiter.Index, outgoing.BytesPerSecond, outgoing.BurstBytes, outgoing.WaitingBytes);
                    batch.RedirectIncoming(link.Index, limiter.Index);
                });
            }
        }
        catch (Linux.Netlink.NetlinkException exception) when (exception.Errno == NotSupported)
        {
            throw new CniException(
                CniErrorCode.UnsupportedField, $"runtimeConfig.bandwidth: this kernel lacks the modules sch_tbf, sch_ingress, cls_u32, act_mirred or ifb ({exception.Message}); load them or leave the limits out.", exception);
        }
    }

    /// <summary>Takes the extra link away; nothing happens if there is none. The queues go with the veth link.</summary>
    public static void Remove(RouteNetlink host, AttachmentKey key)
    {
        const int NoSuchDevice = 19;
        host.TryExecute(batch => batch.DeleteLink(AttachmentNames.LimiterLink(key)), NoSuchDevice);
    }

    private static Link Find(RouteNetlink host, string name) =>
        host.FindLink(name) ?? throw new CniException(CniErrorCode.TryAgainLater, $"Somebody deleted {name} while it was set up: find out who.");
}
