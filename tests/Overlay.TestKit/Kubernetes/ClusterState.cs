using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Overlay.TestKit.Kubernetes;

/// <summary>The Node objects of a cluster with one version for all of them, as etcd keeps them under an API server. It outlives the server's restarts.</summary>
public sealed class ClusterState
{
    private readonly Lock _lock = new();
    private readonly List<ClusterEvent> _history = [];
    private ImmutableSortedDictionary<string, string> _nodes = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
    private TaskCompletionSource _changed = NewChange();
    private long _version = 1000;
    private long _floor = 1000;

    /// <summary>The Events that were created, in order.</summary>
    public List<JsonObject> Events { get; } = [];

    /// <summary>The pods by <c>namespace/name</c>: the name of the node that each runs on.</summary>
    public Dictionary<string, string> Pods { get; } = [];

    /// <summary>The version of the last change.</summary>
    public long Version
    {
        get
        {
            lock (_lock)
            {
                return _version;
            }
        }
    }

    /// <summary>Completes at the next change of anything that a watch must hear of.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>All nodes of one moment.</summary>
    public (ImmutableSortedDictionary<string, string> Nodes, long Version) Read()
    {
        lock (_lock)
        {
            return (_nodes, _version);
        }
    }

    /// <summary>A node; <see langword="null"/> when there is none.</summary>
    public JsonObject? Find(string name) => Read().Nodes.TryGetValue(name, out var json) ? JsonNode.Parse(json)!.AsObject() : null;

    /// <summary>A node's annotation; <see langword="null"/> when it has none.</summary>
    public string? Annotation(string node, string name) => (string?)Find(node)?["metadata"]?["annotations"]?[name];

    /// <summary>Adds a node.</summary>
    public void Add(JsonObject node) => Write(NameOf(node), _ => node);

    /// <summary>Deletes a node.</summary>
    public void Delete(string name) => Write(name, _ => null);

    /// <summary>Changes a node in place.</summary>
    public void Change(string name, Action<JsonObject> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Write(name, node =>
        {
            change(node!);
            return node;
        });
    }

    /// <summary>Sets an annotation, as <c>kubectl annotate</c> does; <see langword="null"/> removes it.</summary>
    public void Annotate(string node, string name, string? value) => Change(node, json =>
    {
        if (json["metadata"]!["annotations"] is not JsonObject annotations)
        {
            json["metadata"]!["annotations"] = annotations = [];
        }

        annotations.Remove(name);
        if (value is not null)
        {
            annotations[name] = value;
        }
    });

    /// <summary>What kubelet writes from time to time: nothing of the network.</summary>
    public void Heartbeat(string node) => Change(node, json =>
        json["status"]!["conditions"]!.AsArray().Last(condition => (string?)condition!["type"] == "Ready")!["lastHeartbeatTime"] = $"2026-11-25T12:00:{Version % 60:00}Z");

    /// <summary>Replaces a node by what <paramref name="change"/> makes of it, as one version; an unchanged one gets none.</summary>
    /// <returns>The node then.</returns>
    public JsonObject? Write(string name, Func<JsonObject?, JsonObject?> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_lock)
        {
            var before = _nodes.GetValueOrDefault(name);
            var node = change(before is null ? null : JsonNode.Parse(before)!.AsObject());
            if (node is not null && before is not null && JsonNode.DeepEquals(node, JsonNode.Parse(before)))
            {
                return node;
            }

            _version++;
            var last = node ?? JsonNode.Parse(before ?? throw new InvalidOperationException($"There is no node {name}."))!.AsObject();
            last["metadata"]!["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture);
            var json = last.ToJsonString(GoJson.Options);
            _nodes = node is null ? _nodes.Remove(name) : _nodes.SetItem(name, json);
            _history.Add(new ClusterEvent(_version, node is null ? "DELETED" : before is null ? "ADDED" : "MODIFIED", name, json));
            Signal();
            return node;
        }
    }

    /// <summary>Forgets the history: watches that begin before now get 410, and open ones go on.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _version++;
            _floor = _version;
        }
    }

    /// <summary>Sets the version back, as a restored backup of etcd does; the history is lost.</summary>
    public void Restore(long version)
    {
        lock (_lock)
        {
            (_version, _floor) = (version, version);
            _history.Clear();
            Signal();
        }
    }

    /// <summary>Whether a watch or a list may begin at a version.</summary>
    public bool Knows(long version)
    {
        lock (_lock)
        {
            return version >= _floor;
        }
    }

    /// <summary>The changes after a version, and the version that they lead to.</summary>
    public (IReadOnlyList<ClusterEvent> Events, long Version) After(long version)
    {
        lock (_lock)
        {
            return ([.. _history.AsEnumerable().Reverse().TakeWhile(change => change.Version > version).Reverse()], _version);
        }
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string NameOf(JsonObject node) => (string)node["metadata"]!["name"]!;

    private void Signal()
    {
        var changed = _changed;
        _changed = NewChange();
        changed.SetResult();
    }
}
