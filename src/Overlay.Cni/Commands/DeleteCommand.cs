using Overlay.Cni.Attachments;
using Overlay.Cni.Configuration;
using Overlay.Cni.Delegation;
using Overlay.Cni.Protocol;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Commands;

/// <summary>DEL: takes a container off the network. It needs neither the namespace nor the agent, and is done when there is nothing to do.</summary>
internal static class DeleteCommand
{
    public static void Run(Invocation invocation, NetworkDefinition network)
    {
        var saved = SavedConfiguration.Find(network.DataFolder, invocation.Key);
        if (saved is null || !Delegations.IsWhole(saved))
        {
            using var host = new RouteNetlink();
            using var journal = AddressSources.JournalOf(network, host);
            new BridgeAttachment(host, network.Name, invocation.Key, AddressSources.OwnFor(network, invocation, [], [], host, journal)).Remove();
        }

        if (saved is not null)
        {
            Delegations.Delete(saved, invocation);
        }
    }
}
