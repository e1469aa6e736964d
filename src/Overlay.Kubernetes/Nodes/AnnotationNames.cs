using System.Text;
using System.Text.RegularExpressions;

namespace Overlay.Kubernetes.Nodes;

/// <summary>The names of flannel's annotations on a node (flannel-facts 4.1), in the order of <see cref="NodeField"/>.</summary>
internal sealed partial class AnnotationNames
{
    private static readonly string[] _suffixes =
    [
        "kube-subnet-manager", "backend-type", "backend-data", "backend-v6-data", "public-ip", "public-ipv6",
        "public-ip-overwrite", "public-ipv6-overwrite", "node-public-ip", "node-public-ipv6",
    ];

    private readonly string[] _names;
    private readonly byte[][] _utf8;

    private AnnotationNames(string prefix)
    {
        _names = [.. _suffixes.Select(suffix => prefix + suffix)];
        _utf8 = [.. _names.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The name of an annotation.</summary>
    public string this[NodeField field] => _names[field - NodeField.Manager];

    /// <summary>Completes a prefix by flannel's rule: no slash gets one, and what then ends neither in a slash nor in a dash gets a dash.</summary>
    /// <returns>The names; <see langword="null"/> when the prefix is not allowed.</returns>
    public static AnnotationNames? TryCreate(string prefix)
    {
        var whole = prefix.Contains('/', StringComparison.Ordinal) ? prefix : prefix + "/";
        whole = whole[^1] is '/' or '-' ? whole : whole + "-";
        return Allowed().IsMatch(whole) ? new AnnotationNames(whole) : null;
    }

    /// <summary>Which annotation this name is; <see langword="null"/> for another's.</summary>
    public NodeField? Find(ref System.Text.Json.Utf8JsonReader name)
    {
        for (var i = 0; i < _utf8.Length; i++)
        {
            if (name.ValueTextEquals(_utf8[i]))
            {
                return NodeField.Manager + i;
            }
        }

        return null;
    }

    // Flannel's own expression, held to the whole text; \z because $ would let a line end pass.
    [GeneratedRegex(@"\A(?:[a-z0-9_-]+\.)+[a-z0-9_-]+/(?:[a-z0-9_-]+-)?\z")]
    private static partial Regex Allowed();
}
