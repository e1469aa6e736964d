using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Overlay.Core.Diagnostics;
using Overlay.Core.Engine;
using Overlay.Kubernetes.Access;
using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Leases;

/// <summary>Tells people and the scheduler how this node's network stands: by its NetworkUnavailable condition and by Events.</summary>
internal sealed partial class NodeNotices(KubernetesApi api, OwnNode own, Patience patience, IOptions<KubernetesOptions> options, ILogger<NodeNotices> logger) : INodeHealthSink
{
    /// <summary>The condition that the node shall have; <see langword="null"/> before anything is known of it.</summary>
    public Live<WantedCondition> Wanted { get; } = new(new WantedCondition(null));

    /// <inheritdoc/>
    public void Report(string? fault) => Want(fault is null ? NetworkCondition.Works : NetworkCondition.Broken(fault));

    /// <summary>Chooses the condition that the node shall have from now on.</summary>
    public void Want(NetworkCondition condition)
    {
        if (options.Value.SetNetworkUnavailable)
        {
            Wanted.Set(new WantedCondition(condition));
        }
    }

    /// <summary>Writes the condition unless the node has it.</summary>
    /// <exception cref="KubernetesException">The API server does not take it.</exception>
    public async Task WriteAsync(NodeRecord node, CancellationToken cancellationToken)
    {
        if (Wanted.Current.Condition is { } condition && !condition.IsOn(node))
        {
            await own.WriteConditionAsync(node, condition, cancellationToken);
            Log.Written(logger, condition.Status, condition.Reason);
        }
    }

    /// <summary>Says that the node cannot get a subnet, once for each reason: as an Event and as its condition. Neither is worth waiting for.</summary>
    public async Task WarnAsync(NodeRecord node, string reason, string message, CancellationToken cancellationToken)
    {
        Want(NetworkCondition.NoSubnet(reason, message));
        try
        {
            var now = patience.Clock.GetUtcNow();
            var suffix = now.UtcTicks.ToString("x16", CultureInfo.InvariantCulture);
            await api.PostAsync(NodeEvent.Path, NodeEvent.Warning(node.Name, suffix, reason, message, now), cancellationToken);
            await WriteAsync(node, cancellationToken);
        }
        catch (KubernetesException exception)
        {
            Log.NotTold(logger, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Kubernetes + 30, LogLevel.Information, "Set the node's NetworkUnavailable condition to {Status} ({Reason})")]
        public static partial void Written(ILogger logger, string status, string reason);

        [LoggerMessage(EventIds.Kubernetes + 31, LogLevel.Warning, "The cluster could not be told how this node stands: {Reason}")]
        public static partial void NotTold(ILogger logger, string reason);
    }
}
