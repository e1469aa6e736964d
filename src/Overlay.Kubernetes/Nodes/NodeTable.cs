using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Overlay.Kubernetes.Json;

namespace Overlay.Kubernetes.Nodes;

/// <summary>All nodes of the cluster as far as they matter here, and the leases that they make. What changes no lease leaves no trace; one loop owns it.</summary>
/// <param name="ownName">The name of this node.</param>
/// <param name="network">The whole network.</param>
/// <param name="ownSeen">Is told of each change of this node; <see langword="null"/> when it is gone.</param>
/// <param name="complain">Is told of nodes that call themselves peers and are none: the name, and why.</param>
internal sealed class NodeTable(string ownName, SubnetPair network, Action<NodeRecord?> ownSeen, Action<string, string> complain)
{
    // A name is a DNS subdomain (RFC 1123): at most 253 characters, and a few more cost nothing.
    private const int LongestName = 320;

    private readonly Dictionary<string, NodeRecord> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _holders = new(StringComparer.Ordinal);
    private int _generation;

    /// <summary>How many nodes there are.</summary>
    public int Count => _nodes.Count;

    /// <summary>The leases of all peers, one for each key.</summary>
    public IReadOnlyList<Lease> Leases() => [.. _holders.Values.Select(name => _nodes[name].Lease!)];

    /// <summary>A list of all nodes begins; what it will not have had by <see cref="EndList"/> is gone.</summary>
    public void BeginList() => _generation++;

    /// <summary>Takes a node as it is now, and adds to the changes what that means for its lease.</summary>
    public void Observe(in NodeScan scan, List<LeaseChange> changes)
    {
        var known = Find(scan[NodeField.Name]);
        if (known?.IsSame(scan) == true)
        {
            known.Generation = _generation;
            return;
        }

        var isOwn = scan[NodeField.Name].Is(ownName);
        var node = new NodeRecord(scan, isOwn) { Generation = _generation };
        node.Lease = NodeLease.Read(node, network, out var complaint);
        if (complaint is not null)
        {
            complain(node.Name, complaint);
        }

        _nodes[node.Name] = node;
        Exchange(node.Name, known?.Lease, node.Lease, changes);
        if (isOwn)
        {
            ownSeen(node);
        }
    }

    /// <summary>Takes note that a node was deleted.</summary>
    public void Remove(JsonSlice name, List<LeaseChange> changes)
    {
        if (Find(name) is { } known)
        {
            Remove(known, changes);
        }
    }

    /// <summary>The list is complete: nodes that it had not are gone.</summary>
    public void EndList(List<LeaseChange> changes)
    {
        foreach (var node in _nodes.Values.Where(node => node.Generation != _generation).ToArray())
        {
            Remove(node, changes);
        }

        // It may have gone before this table had it.
        if (!_nodes.ContainsKey(ownName))
        {
            ownSeen(null);
        }
    }

    private NodeRecord? Find(JsonSlice name)
    {
        Span<char> characters = stackalloc char[LongestName];
        return name.TryCopyTo(characters, out var length)
            && _nodes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(characters[..length], out var known) ? known : null;
    }

    private void Remove(NodeRecord node, List<LeaseChange> changes)
    {
        _nodes.Remove(node.Name);
        Exchange(node.Name, node.Lease, null, changes);
        if (node.Name == ownName)
        {
            ownSeen(null);
        }
    }

    private void Exchange(string name, Lease? before, Lease? after, List<LeaseChange> changes)
    {
        if (before is not null && before.Key != after?.Key && _holders.GetValueOrDefault(before.Key) == name)
        {
            Release(before.Key, changes);
        }

        if (after is null || (before?.Key == after.Key && before.Attributes == after.Attributes && _holders.GetValueOrDefault(after.Key) == name))
        {
            return;
        }

        if (_holders.TryGetValue(after.Key, out var other) && other != name)
        {
            complain(name, $"has the PodCIDR {after.Subnets}, which node {other} has too; the later one counts");
        }

        _holders[after.Key] = name;
        changes.Add(new LeaseChange.Written(after));
    }

    // A node that was made anew under another name may have got the PodCIDR before the old one was seen to go.
    private void Release(string key, List<LeaseChange> changes)
    {
        _holders.Remove(key);
        if (_nodes.Values.FirstOrDefault(node => node.Lease?.Key == key) is { } heir)
        {
            _holders[key] = heir.Name;
            changes.Add(new LeaseChange.Written(heir.Lease!));
        }
        else
        {
            changes.Add(new LeaseChange.Removed(key));
        }
    }
}
