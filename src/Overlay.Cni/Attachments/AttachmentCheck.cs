using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Attachments;

/// <summary>Compares an attachment with the result of its ADD. Plugins that came later in the chain may have added to both.</summary>
internal sealed class AttachmentCheck(AttachmentKey key, CniResult expected)
{
    /// <exception cref="CniException">Something is missing or changed; the message names the first such thing.</exception>
    public void Run(RouteNetlink host, BridgeOptions options, WorkloadNamespace place)
    {
        var number = expected.Interfaces.FindIndex(entry => entry.Name == key.InterfaceName && entry.Sandbox is not null);
        if (number < 0)
        {
            throw new CniException(CniErrorCode.InvalidConfiguration, $"prevResult.interfaces: found no {key.InterfaceName} with a sandbox, allowed is the result of the ADD.");
        }

        CheckHost(host, options);
        place.Run(() => CheckWorkload(expected.Interfaces[number], [.. expected.Addresses.Where(entry => entry.Interface is null || entry.Interface == number)]));
    }

    private void CheckHost(RouteNetlink host, BridgeOptions options)
    {
        var name = AttachmentNames.HostLink(key);
        var bridge = host.FindLink(options.Name) ?? throw Drifted($"the bridge {options.Name} is gone");
        var link = host.FindLink(name) ?? throw Drifted($"the host's link {name} is gone");
        Demand(bridge.IsUp, $"the bridge {bridge.Name} is down");
        Demand(link.IsUp, $"the host's link {name} is down");
        Demand(link.Master == bridge.Index, $"the host's link {name} is not on the bridge {bridge.Name}");
        Demand(link.Port?.Hairpin == options.Hairpin, $"hairpin mode of {name} is not {(options.Hairpin ? "on" : "off")}");
        Demand(!options.IsolatesPorts || link.Port?.IsIsolated == true, $"{name} is not isolated");
        if (!options.IsGateway)
        {
            return;
        }

        var addresses = host.ListAddresses(bridge.Index);
        foreach (var entry in expected.Addresses.Where(entry => !entry.Gateway.IsNone))
        {
            Demand(addresses.Exists(address => address.Address.Address == entry.Gateway), $"the bridge {bridge.Name} has lost the gateway's address {entry.Gateway}");
        }
    }

    private void CheckWorkload(CniInterface entry, CniAddress[] addresses)
    {
        using var inside = new RouteNetlink();
        var link = inside.FindLink(entry.Name) ?? throw Drifted($"the interface {entry.Name} is gone");
        Demand(link.IsUp, $"the interface {entry.Name} is down");
        Demand(entry.Mac.Length == 0 || string.Equals(entry.Mac, link.Mac.ToString(), StringComparison.OrdinalIgnoreCase), $"the interface {entry.Name} has the Ethernet address {link.Mac} instead of {entry.Mac}");
        var present = inside.ListAddresses(link.Index);
        foreach (var expectedAddress in addresses)
        {
            Demand(present.Exists(address => address.Address == expectedAddress.Address), $"the interface {entry.Name} has lost the address {expectedAddress.Address}");
        }

        var routes = inside.ListRoutes(link: link.Index);
        foreach (var route in expected.Routes)
        {
            // One without a gateway may be ours, through the family's gateway, or a later plugin's.
            Demand(
                routes.Exists(present => present.Destination == route.Destination && (route.Gateway.IsNone || present.Gateway == route.Gateway)),
                $"the route to {route.Destination} is gone or goes elsewhere");
        }
    }

    private void Demand(bool isTrue, string otherwise)
    {
        if (!isTrue)
        {
            throw Drifted(otherwise);
        }
    }

    private CniException Drifted(string what) =>
        new(CniErrorCode.Drifted, $"Container {key.ContainerId}: {what}: restart the container.");
}
