using Microsoft.Extensions.Logging;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Kubernetes.Access;
using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Leases;

/// <summary>Keeps what the own node says: puts annotations and condition back when somebody else has changed them, and notices when Kubernetes takes the
/// subnet away. There is nothing to renew.</summary>
internal sealed partial class LeaseKeeper(OwnNode own, NodeNotices notices, Patience patience, SubnetPair network, ILogger logger)
{
    /// <summary>Runs until cancelled, or until the node or its subnet is another one.</summary>
    public async Task<LeaseEnd> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (seen, wanted) = (own.Sighting.Current, notices.Wanted.Current);
            try
            {
                if (await InspectAsync(lease, seen, wanted, cancellationToken) is { } end)
                {
                    return end;
                }

                patience.Recovered("write");
            }
            catch (KubernetesException exception)
            {
                await patience.OutliveAsync("write", exception, cancellationToken);
                continue;
            }

            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(
                own.Sighting.WaitForOtherThanAsync(seen, waiting.Token).AsTask(), notices.Wanted.WaitForOtherThanAsync(wanted, waiting.Token).AsTask());
            await waiting.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<LeaseEnd?> InspectAsync(Lease lease, OwnSighting seen, WantedCondition wanted, CancellationToken cancellationToken)
    {
        if (seen.Node is { } node && IsRight(node, lease, wanted))
        {
            return null;
        }

        // A watch may be late; what is done about it is decided on what the server says now.
        try
        {
            node = await own.TryReadAsync(cancellationToken);
        }
        catch (KubernetesException exception) when (exception.StatusCode == 404)
        {
            Log.NodeGone(logger);
            return LeaseEnd.Lost;
        }

        if (!HasSubnets(node, lease))
        {
            Log.SubnetsChanged(logger, lease.Subnets);
            return LeaseEnd.Lost;
        }

        if (OwnAnnotations.Differences(node, lease.Attributes) is { Count: > 0 } changes)
        {
            Log.AnnotationsChanged(logger, changes.Count);
            node = await own.TryWriteAsync(node, changes, cancellationToken) ?? throw new KubernetesException("The node was changed at the same time by somebody else.");
        }

        await notices.WriteAsync(node, cancellationToken);
        return null;
    }

    private bool IsRight(NodeRecord node, Lease lease, WantedCondition wanted) =>
        HasSubnets(node, lease) && OwnAnnotations.Differences(node, lease.Attributes).Count == 0 && wanted.Condition?.IsOn(node) != false;

    private bool HasSubnets(NodeRecord node, Lease lease) => PodCidrs.Read(node, out var subnets) is null && subnets.Within(network.Families) == lease.Subnets;

    private static partial class Log
    {
        [LoggerMessage(EventIds.Kubernetes + 40, LogLevel.Warning, "The Node object of this node was deleted")]
        public static partial void NodeGone(ILogger logger);

        [LoggerMessage(EventIds.Kubernetes + 41, LogLevel.Warning, "The node's PodCIDR is no longer {Subnets}")]
        public static partial void SubnetsChanged(ILogger logger, SubnetPair subnets);

        [LoggerMessage(EventIds.Kubernetes + 42, LogLevel.Warning, "Somebody has changed {Count} annotations of this node, or an overwrite has changed; writing them again")]
        public static partial void AnnotationsChanged(ILogger logger, int count);
    }
}
