using System.Text.Json.Nodes;
using Overlay.Core.Addressing;
using Overlay.TestKit.Cni;

namespace Overlay.Cni.Conformance.Subjects;

/// <summary>The reference chain: <c>bridge</c> with addresses from <c>host-local</c>, configured as flannel's plugin does (flannel-facts 8.7).</summary>
public sealed class ReferenceSubject : Subject
{
    public override string Name => "bridge + host-local";

    public override string Program => Path.Combine(CniBinaries.Reference, "bridge");

    public override JsonObject Configure(CniNode node, string gateway)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(gateway);
        return new JsonObject
        {
            ["type"] = "bridge",
            ["bridge"] = "cni0",
            ["isDefaultGateway"] = true,
            ["hairpinMode"] = true,
            ["ipMasq"] = false,
            ["mtu"] = 1450,
            ["ipam"] = new JsonObject
            {
                ["type"] = "host-local",
                ["dataDir"] = Path.Combine(node.Folder, "data"),
                ["ranges"] = new JsonArray(new JsonArray(new JsonObject { ["subnet"] = InetPrefix.Parse(gateway).Masked().ToString() })),
                // Without "gw" the plugin looks at CHECK for a route that it has not made.
                ["routes"] = new JsonArray(new JsonObject { ["dst"] = "10.1.0.0/16", ["gw"] = InetPrefix.Parse(gateway).Address.ToString() }),
            },
        };
    }

    public override string Break(CniNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Folder;
    }
}
