using Overlay.Cni.Addresses;
using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Attachments;

/// <summary>A workload on the node's bridge: everything that ADD makes, in one process.</summary>
internal sealed class BridgeAttachment(RouteNetlink host, NetworkDefinition network, AttachmentKey key, IAddressSource source)
{
    private readonly VethPair _pair = new(host, key);

    /// <summary>Makes the attachment and tells the runtime. A failure takes everything back.</summary>
    /// <param name="environment">What the agent says.</param>
    /// <param name="options">What the bridge is to be like.</param>
    /// <param name="mac">The Ethernet address of the workload's interface; <see langword="null"/> for one that follows from its IP address.</param>
    /// <param name="place">The workload's namespace.</param>
    /// <param name="namespacePath">Its path, for the result.</param>
    /// <param name="tell">Tells the runtime.</param>
    public void Add(SubnetEnvironment environment, BridgeOptions options, MacAddress? mac, WorkloadNamespace place, string namespacePath, Action<CniResult> tell)
    {
        var result = Assign(environment, options);
        try
        {
            var bridge = EnsureBridge(result, environment, options);
            var reservation = new Reservation(network.Name, key, [.. result.Addresses.Select(entry => entry.Address.Address)], IsComplete: false);
            var workloadMac = mac ?? AttachmentNames.MacOf(reservation.Addresses[0]);
            _pair.Create(bridge, options, reservation, workloadMac, place.Workload);
            place.Run(() => WorkloadInterface.Configure(key.InterfaceName, result.Addresses, WorkloadRoutes.WithGateways(result)));
            result.Interfaces.Add(new CniInterface(bridge.Name, bridge.Mac.ToString(), null, options.Mtu));
            result.Interfaces.Add(new CniInterface(_pair.HostName, _pair.HostMac.ToString(), null, options.Mtu));
            result.Interfaces.Add(new CniInterface(key.InterfaceName, workloadMac.ToString(), namespacePath, options.Mtu));
            tell(result);
        }
        catch
        {
            TryUndo();
            throw;
        }

        source.Complete();
    }

    /// <summary>Takes the attachment away; nothing happens if it is gone.</summary>
    public void Remove()
    {
        _pair.Delete();
        source.Release();
    }

    private CniResult Assign(SubnetEnvironment environment, BridgeOptions options)
    {
        // Everything that can be wrong in the configuration is found before anything is made.
        var routes = WorkloadRoutes.Read(network, environment).ToArray();
        var assigned = source.Acquire();
        var result = new CniResult
        {
            // The workload's interface is the third of the result.
            Addresses = [.. assigned.Addresses.Select(entry => entry with { Interface = 2 })],
            Routes = assigned.Routes.Count > 0 ? assigned.Routes : [.. routes],
            Dns = options.Dns.IsEmpty ? assigned.Dns : options.Dns,
        };
        if (options.IsDefaultGateway)
        {
            WorkloadRoutes.AddDefaults(result);
        }

        return result;
    }

    private Link EnsureBridge(CniResult result, SubnetEnvironment environment, BridgeOptions options)
    {
        InetPrefix[] gateways = [.. result.Addresses.Where(entry => !entry.Gateway.IsNone).Select(entry => new InetPrefix(entry.Gateway, entry.Address.Length))];
        var bridge = new WorkloadBridge(host, options).Ensure(gateways, address => environment.Networks.Any(network => network.Contains(address)));
        if (options.IsGateway)
        {
            Forwarding.Ensure(gateways);
        }

        return bridge;
    }

    // The first failure is the one to report; what cannot be undone now is done by DEL or GC.
    private void TryUndo()
    {
        try
        {
            Remove();
        }
        catch (Exception exception) when (exception is Overlay.Core.Diagnostics.OverlayException or System.ComponentModel.Win32Exception or IOException)
        {
        }
    }
}
