using Overlay.Cni.Attachments;
using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Commands;

/// <summary>CHECK: finds out whether an attachment is as the ADD left it.</summary>
internal static class CheckCommand
{
    public static void Run(Invocation invocation, NetworkDefinition network)
    {
        var previous = network.Root.Member("prevResult");
        if (previous.IsMissing)
        {
            throw previous.Wrong("the result of the ADD");
        }

        var expected = CniResultReader.Read(previous);
        var environment = SubnetEnvironment.Read(network.SubnetFile);
        if (Delegations.WholeOf(network, invocation, () => environment) is { } plugin)
        {
            plugin.Check(network.Version, expected);
            return;
        }

        var options = BridgeOptions.Read(network, environment);
        using var place = WorkloadNamespace.Open(invocation.NamespacePath);
        using var host = new RouteNetlink();
        using var journal = AddressSources.JournalOf(network, host);
        AddressSources.Create(network, invocation, environment, [], host, journal).Check(expected);
        new AttachmentCheck(invocation.Key, expected).Run(host, options, place);
    }
}
