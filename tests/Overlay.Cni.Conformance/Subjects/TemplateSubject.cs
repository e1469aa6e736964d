using System.Text.Json.Nodes;
using Overlay.Core.Addressing;
using Overlay.TestKit.Cni;

namespace Overlay.Cni.Conformance.Subjects;

/// <summary>Any plugin, with a configuration from a file. In its text <c>{folder}</c> stands for a folder of the trial, <c>{subnet}</c> for the subnet that
/// addresses have to come from, <c>{gateway}</c> for the first address of it with the prefix length, <c>{subnetFile}</c> for a <c>subnet.env</c> with both.</summary>
public sealed class TemplateSubject(string program, string template, string searchPath) : Subject
{
    public override string Name => Path.GetFileName(program);

    public override string Program => Path.GetFullPath(program);

    public override string SearchPath => searchPath;

    public override bool DelegatesAddresses => template.Contains("\"ipam\"", StringComparison.Ordinal);

    public override bool HasDependency => false;

    public override JsonObject Configure(CniNode node, string gateway)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(gateway);
        var text = template
            .Replace("{subnetFile}", node.WriteSubnetFile(gateway), StringComparison.Ordinal)
            .Replace("{folder}", node.Folder, StringComparison.Ordinal)
            .Replace("{gateway}", gateway, StringComparison.Ordinal)
            .Replace("{subnet}", InetPrefix.Parse(gateway).Masked().ToString(), StringComparison.Ordinal);
        return JsonNode.Parse(text)!.AsObject();
    }

    public override string Break(CniNode node) => SearchPath;
}
