using System.Globalization;
using Overlay.Core.Leases;
using Overlay.Kubernetes.Access;
using Overlay.Kubernetes.Json;
using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Leases;

/// <summary>One watch of the nodes, from a version on until the server ends it.</summary>
internal sealed class NodeWatch : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly JsonBuffer _buffer;
    private readonly JsonSequence _events;
    private readonly AnnotationNames _names;
    private readonly NodeTable _table;
    private readonly WatchVersion _version;
    private readonly CancellationTokenSource _limit;

    private NodeWatch(HttpResponseMessage response, Stream stream, AnnotationNames names, NodeTable table, WatchVersion version, CancellationTokenSource limit)
    {
        _response = response;
        _buffer = new JsonBuffer(stream, NodeList.LargestNode);
        _events = new JsonSequence(_buffer);
        (_names, _table, _version, _limit) = (names, table, version, limit);
    }

    /// <summary>Whether the server has said that its history does not reach back: all must be read again.</summary>
    public bool HasLostHistory { get; private set; }

    /// <summary>Opens the watch.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="names">The annotations.</param>
    /// <param name="table">The nodes; the events are entered there.</param>
    /// <param name="version">Where it begins, and where it has come to.</param>
    /// <param name="selector">A query that narrows it, or an empty text.</param>
    /// <param name="patience">Chooses how long it lasts.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KubernetesException">The server does not answer, or refuses.</exception>
    public static async Task<NodeWatch> OpenAsync(
        KubernetesApi api, AnnotationNames names, NodeTable table, WatchVersion version, string selector, Patience patience, CancellationToken cancellationToken)
    {
        // Five to ten minutes, as client-go: not all agents come back at one moment, and a server that was added gets its share.
        var lasts = TimeSpan.FromSeconds(300 + Math.Floor(patience.Draw() * 300));
        var seconds = lasts.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        var path = $"api/v1/nodes?watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={Uri.EscapeDataString(version.ToString())}{selector}";
        var response = await api.OpenAsync(path, cancellationToken);
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            // A server that does not end the watch is not there any more.
            var limit = new CancellationTokenSource(lasts + TimeSpan.FromSeconds(30), patience.Clock);
            return new NodeWatch(response, stream, names, table, version, limit);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Waits for events and enters all that have come in one piece; <see langword="false"/> when the watch is over.</summary>
    /// <param name="changes">Gets what they mean for leases: often nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KubernetesException">The connection broke, or what came is no event.</exception>
    public Task<bool> ReadAsync(List<LeaseChange> changes, CancellationToken cancellationToken) => ApiStream.GuardAsync(
        "The watch of the nodes",
        async () =>
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _limit.Token);
            while (!_buffer.IsEnded)
            {
                await _buffer.FillAsync(ending.Token);
                while (_events.TryTake(out var json))
                {
                    Enter(json, changes);
                }

                if (HasLostHistory)
                {
                    return false;
                }

                if (changes.Count > 0)
                {
                    return true;
                }
            }

            return false;
        },
        cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _limit.Dispose();
        _buffer.Dispose();
        _response.Dispose();
    }

    /// <summary>Enters one event. An event that changes nothing of interest, such as kubelet's heartbeat, allocates nothing.</summary>
    private void Enter(ReadOnlySpan<byte> json, List<LeaseChange> changes)
    {
        if (!WatchEvent.TryRead(json, out var happened))
        {
            throw new KubernetesException("The watch of the nodes sent something that is no event.");
        }

        if (happened.Type == WatchEventType.Error)
        {
            HasLostHistory = true;
            return;
        }

        // A bookmark's object has nothing but a version.
        var isNode = NodeScan.TryRead(happened.Object, _names, out var scan);
        if (isNode && happened.Type == WatchEventType.Written)
        {
            _table.Observe(scan, changes);
        }
        else if (isNode && happened.Type == WatchEventType.Deleted)
        {
            _table.Remove(scan[NodeField.Name], changes);
        }

        _version.Advance(scan[NodeField.ResourceVersion]);
    }
}
