using Overlay.Cni.Attachments;
using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Commands;

/// <summary>DEL: takes a container off the network. It needs neither the namespace nor the agent, and is done when there is nothing to do.</summary>
internal static class DeleteCommand
{
    public static void Run(Invocation invocation, NetworkDefinition network)
    {
        using var host = new RouteNetlink();
        new BridgeAttachment(host, network, invocation.Key, AddressSources.Create(network, invocation, [], [], host)).Remove();
    }
}
