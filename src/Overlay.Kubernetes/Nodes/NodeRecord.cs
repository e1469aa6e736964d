using Overlay.Core.Leases;
using Overlay.Kubernetes.Json;

namespace Overlay.Kubernetes.Nodes;

/// <summary>What is known of a node. It is replaced as a whole when a field of it changes.</summary>
internal sealed class NodeRecord
{
    // One object for each text that many nodes have, rather than one for each node.
    private static readonly string[] _common = ["true", "vxlan", "host-gw", "wireguard", "null", "0.0.0.0", "False", "FlannelIsUp"];

    private readonly string?[] _fields;

    /// <summary>Copies the fields of a scan; those of the own node also have its condition.</summary>
    public NodeRecord(in NodeScan scan, bool isOwn)
    {
        _fields = new string?[(int)(isOwn ? NodeField.NetworkMessage : NodeField.NodePublicIpv6) + 1];
        for (var i = 0; i < _fields.Length; i++)
        {
            var slice = scan[(NodeField)i];
            _fields[i] = slice.Is(_fields[(int)NodeField.PodCidr]) ? _fields[(int)NodeField.PodCidr] : ReadShared(slice);
        }
    }

    /// <summary>The node's name.</summary>
    public string Name => _fields[(int)NodeField.Name]!;

    /// <summary>The writing at which the fields were as they are; later ones may have changed others.</summary>
    public string ResourceVersion => this[NodeField.ResourceVersion] ?? "";

    /// <summary>The lease that the fields make; <see langword="null"/> when the node is no peer.</summary>
    public Lease? Lease { get; set; }

    /// <summary>Which list of the nodes has last had this one.</summary>
    public int Generation { get; set; }

    /// <summary>A field's text, or <see langword="null"/>.</summary>
    public string? this[NodeField field] => (int)field < _fields.Length ? _fields[(int)field] : null;

    /// <summary>Whether the fields are those of the scan, its version aside.</summary>
    public bool IsSame(in NodeScan scan)
    {
        for (var i = (int)NodeField.Uid; i < _fields.Length; i++)
        {
            if (!scan[(NodeField)i].Is(_fields[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static string? ReadShared(JsonSlice slice)
    {
        foreach (var text in _common)
        {
            if (slice.Is(text))
            {
                return text;
            }
        }

        return slice.Read();
    }
}
