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
        var wishes = AttachmentWishes.Read(network, invocation.Arguments);
        var environment = SubnetEnvironment.Read(network.SubnetFile);
        var options = BridgeOptions.Read(network, environment);
        using var place = WorkloadNamespace.Open(invocation.NamespacePath);
        using var host = new RouteNetlink();
        var source = AddressSources.Create(network, invocation, environment.Subnets, wishes.Addresses, host);
        new BridgeAttachment(host, network, invocation.Key, source)
            .Add(environment, options, wishes.Mac, place, invocation.NamespacePath, result => answer(CniResultWriter.Write(result, network.Version)));
    }
}
