using System.Text.Json.Nodes;
using Overlay.TestKit.Cni;

namespace Overlay.Cni.Conformance.Subjects;

/// <summary>overlay-cni with its defaults: bridge and addresses are its own.</summary>
public sealed class OverlaySubject : Subject
{
    public override string Name => "overlay-cni";

    public override string Program => CniBinaries.Overlay;

    public override JsonObject Configure(CniNode node, string gateway)
    {
        ArgumentNullException.ThrowIfNull(node);
        var socket = Path.Combine(node.Folder, "overlayd.sock");
        if (!File.Exists(socket))
        {
            node.Keep(new ListeningAgent(socket));
        }

        return new JsonObject
        {
            ["type"] = "overlay-cni",
            ["subnetFile"] = node.WriteSubnetFile(gateway),
            ["dataDir"] = Path.Combine(node.Folder, "data"),
            ["controlSocket"] = socket,
        };
    }

    public override string Break(CniNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        File.Delete(Path.Combine(node.Folder, "subnet.env"));
        return SearchPath;
    }
}
