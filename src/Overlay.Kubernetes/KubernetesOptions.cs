using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes;

/// <summary>How this node takes part through the Kubernetes API.</summary>
public sealed class KubernetesOptions
{
    /// <summary>What an annotation prefix must be, as the end of a sentence.</summary>
    public const string AllowedAnnotationPrefixes =
        "a domain, or a domain and a name, in lower case, with at most one slash: flannel.alpha.coreos.com or example.com/flannel";

    /// <summary>The node's name. Empty means that it is read from the pod that <see cref="PodName"/> and <see cref="PodNamespace"/> name.</summary>
    public string NodeName { get; set; } = "";

    /// <summary>The name of the agent's own pod.</summary>
    public string PodName { get; set; } = "";

    /// <summary>The namespace of the agent's own pod.</summary>
    public string PodNamespace { get; set; } = "";

    /// <summary>The API server, instead of the one that the kubeconfig or the cluster names. Empty means that one.</summary>
    public string ApiUrl { get; set; } = "";

    /// <summary>A kubeconfig file. Without it and without <see cref="ApiUrl"/> the service account of the agent's pod is used.</summary>
    public string KubeconfigFile { get; set; } = "";

    /// <summary>What the names of the nodes' annotations begin with. Defaults to <c>flannel.alpha.coreos.com</c>, which flannel's nodes use.</summary>
    public string AnnotationPrefix { get; set; } = "flannel.alpha.coreos.com";

    /// <summary>Whether the node's NetworkUnavailable condition is kept. Defaults to <see langword="true"/>.</summary>
    public bool SetNetworkUnavailable { get; set; } = true;

    /// <summary>Whether the names of annotations may begin so.</summary>
    public static bool IsAnnotationPrefix(string text) => AnnotationNames.TryCreate(text ?? "") is not null;
}
