using System.Text.Json;
using Microsoft.Extensions.Options;
using Overlay.Core.Diagnostics;
using Overlay.Kubernetes.Access;
using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Leases;

/// <summary>This node's own Node object: its name, what it says now, and writes that compare its version.</summary>
internal sealed class OwnNode(KubernetesApi api, IOptions<KubernetesOptions> options, AnnotationNames names, Patience patience)
{
    private readonly KubernetesOptions _options = options.Value;
    private string? _name;

    /// <summary>The node as it was last read or seen; the watch of all nodes feeds it.</summary>
    public Live<OwnSighting> Sighting { get; } = new(new OwnSighting(null));

    /// <summary>The node's name: given, or that of the node which the agent's pod runs on.</summary>
    public async ValueTask<string> FindNameAsync(CancellationToken cancellationToken)
    {
        if (_name is null)
        {
            _name = _options.NodeName.Length > 0 ? _options.NodeName : await patience.InsistAsync("read", ReadNodeOfPodAsync, cancellationToken);
        }

        return _name;
    }

    /// <summary>Reads the node, and waits while the API server does not answer or does not know it.</summary>
    public async ValueTask<NodeRecord> ReadAsync(CancellationToken cancellationToken) => await patience.InsistAsync("read", TryReadAsync, cancellationToken);

    /// <summary>Reads the node once.</summary>
    /// <exception cref="KubernetesException">The API server does not answer, or does not know the node (404).</exception>
    public async Task<NodeRecord> TryReadAsync(CancellationToken cancellationToken) =>
        Take(await api.GetAsync($"api/v1/nodes/{await FindNameAsync(cancellationToken)}", cancellationToken));

    /// <summary>Writes annotations if the node is still what <paramref name="basis"/> says.</summary>
    /// <returns>The node then; <see langword="null"/> when somebody else has changed it meanwhile.</returns>
    public async ValueTask<NodeRecord?> TryWriteAsync(NodeRecord basis, IReadOnlyList<(NodeField Field, string? Value)> changes, CancellationToken cancellationToken)
    {
        try
        {
            return Take(await PatchStatusAsync(NodePatch.Annotations(basis, names, changes), cancellationToken));
        }
        catch (KubernetesException exception) when (exception.StatusCode == 409)
        {
            return null;
        }
    }

    /// <summary>Sets the NetworkUnavailable condition.</summary>
    public async Task WriteConditionAsync(NodeRecord basis, NetworkCondition condition, CancellationToken cancellationToken)
    {
        var isTransition = basis[NodeField.NetworkStatus] != condition.Status;
        Take(await PatchStatusAsync(NodePatch.Condition(condition, patience.Clock.GetUtcNow(), isTransition), cancellationToken));
    }

    /// <summary>Takes the node as the watch has seen it, unless that is older than what a write has answered since.</summary>
    public void See(NodeRecord? node) => Sighting.Update(seen => node is not null && seen.Node is { } known && IsOlder(node, known) ? seen : new OwnSighting(node));

    // RBAC that allows nodes/status only is the narrowest that flannel's manifest has; metadata may be changed through it.
    private async Task<byte[]> PatchStatusAsync(byte[] patch, CancellationToken cancellationToken) =>
        await api.PatchAsync($"api/v1/nodes/{await FindNameAsync(cancellationToken)}/status", patch, cancellationToken);

    private NodeRecord Take(byte[] json)
    {
        if (!NodeScan.TryRead(json, names, out var scan))
        {
            throw new KubernetesException("The API server's answer is no Node object.");
        }

        var node = new NodeRecord(scan, isOwn: true);
        if (Sighting.Current.Node is { } known && known.IsSame(scan))
        {
            // The same contents under a later version: a write must compare that one, and nobody else needs to know.
            return node;
        }

        See(node);
        return node;
    }

    // Versions are one counter, etcd's revision; where they are not numbers, the last to come counts.
    private static bool IsOlder(NodeRecord left, NodeRecord right) =>
        left[NodeField.Uid] == right[NodeField.Uid]
        && ulong.TryParse(left.ResourceVersion, out var a) && ulong.TryParse(right.ResourceVersion, out var b) && a < b;

    private async Task<string> ReadNodeOfPodAsync(CancellationToken cancellationToken)
    {
        var json = await api.GetAsync($"api/v1/namespaces/{_options.PodNamespace}/pods/{_options.PodName}", cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.TryGetProperty("spec", out var spec) && spec.TryGetProperty("nodeName", out var name) && name.GetString() is { Length: > 0 } text
                ? text
                : throw new KubernetesException($"Pod {_options.PodNamespace}/{_options.PodName} names no node: set NODE_NAME from spec.nodeName in the manifest.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new KubernetesException($"The API server's answer is no Pod object: {exception.Message}", exception);
        }
    }
}
