namespace Overlay.Kubernetes.Nodes;

/// <summary>A node's NetworkUnavailable condition. While its status is True, Kubernetes places no pod on the node that needs the network.</summary>
/// <param name="Status">True, False or Unknown.</param>
/// <param name="Reason">One word in camel case.</param>
/// <param name="Message">A sentence for people.</param>
internal sealed record NetworkCondition(string Status, string Reason, string Message)
{
    /// <summary>The network works; the words are flannel's (flannel-facts 4.11).</summary>
    public static NetworkCondition Works { get; } = new("False", "FlannelIsUp", "Flannel is running on this node");

    /// <summary>The network cannot carry packets.</summary>
    public static NetworkCondition Broken(string fault) => new("True", "OverlayNetworkBroken", fault);

    /// <summary>The node cannot get a subnet.</summary>
    public static NetworkCondition NoSubnet(string reason, string message) => new("True", reason, message);

    /// <summary>The node has left the network.</summary>
    public static NetworkCondition Left { get; } = new("True", "OverlayLeft", "overlayd has left the network on this node");

    /// <summary>Whether the node says so already. That the network works may be said in a cloud's words: two who correct each other would never end.</summary>
    public bool IsOn(NodeRecord node) =>
        node[NodeField.NetworkStatus] == Status && (Status == Works.Status || (node[NodeField.NetworkReason] == Reason && node[NodeField.NetworkMessage] == Message));
}
