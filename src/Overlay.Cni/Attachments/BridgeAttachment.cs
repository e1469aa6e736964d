using System.ComponentModel;
using Overlay.Cni.Configuration;
using Overlay.Cni.Ipam;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Attachments;

/// <summary>A workload on the node's bridge: everything that ADD makes, in one process.</summary>
internal sealed class BridgeAttachment(RouteNetlink host, string network, AttachmentKey key, IAddressSource source)
{
    private readonly VethPair _pair = new(host, key);

    /// <summary>Makes the attachment and tells the runtime. A failure takes everything back.</summary>
    /// <param name="order">What it is to be like.</param>
    /// <param name="place">The workload's namespace.</param>
    /// <param name="namespacePath">Its path, for the result.</param>
    /// <param name="tell">Tells the runtime.</param>
    public void Add(AttachmentOrder order, WorkloadNamespace place, string namespacePath, Action<CniResult> tell)
    {
        // Reserved before anything is made, and named after the attachment alone: whatever a killed run leaves can be found.
        var result = Assign(order);
        try
        {
            var bridge = EnsureBridge(order, result);
            var reservation = new Reservation(network, key, [.. result.Addresses.Select(entry => entry.Address.Address)], IsComplete: false);
            var mac = order.Wishes.Mac ?? AttachmentNames.MacOf(reservation.Addresses[0]);
            _pair.Create(bridge, order.Options, reservation, mac, place.Workload);
            RateLimiter.Apply(host, key, order.Limits, order.Options.Mtu);
            place.Run(() => WorkloadInterface.Configure(key.InterfaceName, result.Addresses, WorkloadRoutes.WithGateways(result)));
            result.Interfaces.AddRange(
            [
                new CniInterface(bridge.Name, bridge.Mac.ToString(), null, order.Options.Mtu),
                new CniInterface(_pair.HostName, _pair.HostMac.ToString(), null, order.Options.Mtu),
                new CniInterface(key.InterfaceName, mac.ToString(), namespacePath, order.Options.Mtu),
            ]);
            tell(result.After(order.Previous));
        }
        catch
        {
            TryUndo();
            throw;
        }

        source.Complete();
    }

    /// <summary>Takes the attachment away; nothing happens if it is gone. The addresses are given back when nothing has them any more.</summary>
    public void Remove()
    {
        RateLimiter.Remove(host, key);
        _pair.Delete();
        source.Release();
    }

    private CniResult Assign(AttachmentOrder order)
    {
        var assigned = source.Acquire();
        var result = new CniResult
        {
            // The workload's interface is the third of the result.
            Addresses = [.. assigned.Addresses.Select(entry => entry with { Interface = 2 })],
            Routes = assigned.Routes.Count > 0 ? assigned.Routes : [.. order.Routes],
            Dns = order.Dns.IsEmpty ? assigned.Dns : order.Dns,
        };
        if (order.Options.IsDefaultGateway)
        {
            WorkloadRoutes.AddDefaults(result);
        }

        return result;
    }

    private Link EnsureBridge(AttachmentOrder order, CniResult result)
    {
        InetPrefix[] gateways = [.. result.Addresses.Where(entry => !entry.Gateway.IsNone).Select(entry => new InetPrefix(entry.Gateway, entry.Address.Length))];
        var bridge = new WorkloadBridge(host, order.Options).Ensure(gateways, address => order.Environment.Networks.Any(network => network.Contains(address)));
        if (order.Options.IsGateway)
        {
            Forwarding.Ensure(gateways);
        }

        if (order.Options.Masquerades)
        {
            Masquerade.Ensure(order.Environment.Subnets, order.Environment.Networks);
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
        catch (Exception exception) when (exception is OverlayException or Win32Exception or IOException)
        {
        }
    }
}
