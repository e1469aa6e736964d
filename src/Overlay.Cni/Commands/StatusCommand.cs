using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Commands;

/// <summary>STATUS: tells whether an ADD would find what it needs. Silence means yes.</summary>
internal static class StatusCommand
{
    public static void Run(Invocation invocation, NetworkDefinition network)
    {
        var environment = ReadEnvironment(network);
        AgentContact.Demand(network);
        if (Delegations.WholeOf(network, invocation, () => environment) is { } plugin)
        {
            plugin.RunIfKnown("STATUS", default);
            return;
        }

        BridgeOptions.Read(network, environment);
        if (Delegations.AddressesOf(network, invocation, () => environment) is { } addresses)
        {
            addresses.RunIfKnown("STATUS", default);
            return;
        }

        using var host = new RouteNetlink();
        using var journal = AddressSources.JournalOf(network, host);
        using var held = journal.Enter();
        foreach (var subnet in environment.Subnets.Where(subnet => !journal.Book.TryAllocate(subnet, _ => false, out _)))
        {
            throw new CniException(
                CniErrorCode.NotAvailable,
                $"All addresses of {subnet} are in use: delete workloads or run GC, or give nodes larger subnets (SubnetLen in the network's configuration).");
        }
    }

    // What ADD may try again later is "not available" here.
    private static SubnetEnvironment ReadEnvironment(NetworkDefinition network)
    {
        try
        {
            return SubnetEnvironment.Read(network.SubnetFile);
        }
        catch (CniException exception)
        {
            throw new CniException(CniErrorCode.NotAvailable, exception.Message, exception);
        }
    }
}
