using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Kubernetes.Access;
using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Leases;

/// <summary>Lists the nodes and watches them from there, for ever: a snapshot at start and whenever the server has lost the history in between, changes
/// otherwise. An outage of the server is waited out where it began.</summary>
internal sealed partial class NodeFeed(KubernetesApi api, AnnotationNames names, Patience patience, ILogger<NodeFeed> logger)
{
    private static readonly TimeSpan _spread = TimeSpan.FromSeconds(0.5);

    /// <summary>Runs until cancelled.</summary>
    /// <param name="table">Keeps the nodes; empty at first.</param>
    /// <param name="selector">A query that narrows list and watch, such as <c>&amp;fieldSelector=...</c>, or an empty text.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<LeaseBatch> RunAsync(NodeTable table, string selector, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var version = new WatchVersion(await ListAsync(table, selector, cancellationToken));
            Log.Listed(logger, table.Count, version.ToString());
            yield return new LeaseBatch.Snapshot(table.Leases());
            await foreach (var changes in FollowAsync(table, version, selector, cancellationToken))
            {
                yield return new LeaseBatch.Changes(changes);
            }

            // A server that was started again has lost the history of all watches at once.
            Log.HistoryLost(logger, version.ToString());
            await Task.Delay(_spread * patience.Draw(), patience.Clock, cancellationToken);
        }
    }

    private async Task<string> ListAsync(NodeTable table, string selector, CancellationToken cancellationToken)
    {
        var list = new NodeList(api, names, patience.Clock);
        return await patience.InsistAsync("list", token => list.ReadAsync(table, selector, [], token), cancellationToken);
    }

    private async IAsyncEnumerable<List<LeaseChange>> FollowAsync(NodeTable table, WatchVersion version, string selector, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        NodeWatch? watch = null;
        try
        {
            while (true)
            {
                List<LeaseChange> changes = [];
                var (next, isLost) = await NextAsync(watch, changes);
                watch = next;
                if (changes.Count > 0)
                {
                    yield return changes;
                }

                if (isLost)
                {
                    yield break;
                }
            }
        }
        finally
        {
            watch?.Dispose();
        }

        // A yield cannot stand in a try with a catch: this does one step, and what it leaves open is done by the next one.
        async Task<(NodeWatch? Watch, bool IsLost)> NextAsync(NodeWatch? open, List<LeaseChange> changes)
        {
            try
            {
                open ??= await NodeWatch.OpenAsync(api, names, table, version, selector, patience, cancellationToken);
                patience.Recovered("watch");
                if (await open.ReadAsync(changes, cancellationToken))
                {
                    return (open, false);
                }

                open.Dispose();
                return (null, open.HasLostHistory);
            }
            catch (KubernetesException exception)
            {
                open?.Dispose();
                // 410: the version is too old. 504: it is newer than the server's, which was restored from a backup.
                if (exception.StatusCode is 410 or 504)
                {
                    return (null, true);
                }

                // What came before the break counts.
                if (changes.Count == 0)
                {
                    await patience.OutliveAsync("watch", exception, cancellationToken);
                }

                return (null, false);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Kubernetes + 20, LogLevel.Debug, "Read {Count} nodes at version {Version}")]
        public static partial void Listed(ILogger logger, int count, string version);

        [LoggerMessage(EventIds.Kubernetes + 21, LogLevel.Information, "The API server no longer knows what has changed since version {Version}; reading all nodes again")]
        public static partial void HistoryLost(ILogger logger, string version);
    }
}
