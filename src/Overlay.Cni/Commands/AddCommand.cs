using Overlay.Cni.Attachments;
using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Commands;

/// <summary>ADD: connects a container to the network.</summary>
internal static class AddCommand
{
    /// <param name="invocation">What the runtime says in variables.</param>
    /// <param name="network">What it says on standard input.</param>
    /// <param name="answer">Takes the result, in the form of the network's version.</param>
    public static void Run(Invocation invocation, NetworkDefinition network, Action<byte[]> answer)
    {
        var environment = SubnetEnvironment.Read(network.SubnetFile);
        if (Delegations.WholeOf(network, invocation, () => environment) is { } plugin)
        {
            answer(CniResultWriter.Write(plugin.Add(network.Version), network.Version));
            return;
        }

        // Everything that can be wrong in the configuration is found before anything is made.
        var order = AttachmentOrder.Read(network, invocation.Arguments, environment);
        using var place = WorkloadNamespace.Open(invocation.NamespacePath);
        using var host = new RouteNetlink();
        using var journal = AddressSources.JournalOf(network, host);
        var source = AddressSources.Create(network, invocation, environment, order.Wishes.Addresses, host, journal);
        new BridgeAttachment(host, network.Name, invocation.Key, source)
            .Add(order, place, invocation.NamespacePath, result => answer(CniResultWriter.Write(result, network.Version)));
    }
}
