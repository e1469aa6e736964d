using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Attachments;

/// <summary>The bridge that the workloads of a node are on, with the gateway's addresses.</summary>
internal sealed class WorkloadBridge(RouteNetlink host, BridgeOptions options)
{
    private const int AlreadyExists = 17;

    /// <summary>Makes the bridge what it should be, and gives it. Several processes may do so at once.</summary>
    /// <param name="gateways">The gateways with their prefix lengths.</param>
    /// <param name="isOutdated">Whether an address of the bridge is of an earlier subnet, and nobody's gateway any more.</param>
    public Link Ensure(IReadOnlyList<InetPrefix> gateways, Func<InetPrefix, bool> isOutdated)
    {
        var mac = AttachmentNames.MacOf(gateways.Count > 0 ? gateways[0].Address : InetAddress.FromIPv4(0));
        var link = host.FindLink(options.Name) ?? Create(mac);
        if (link.Kind != "bridge")
        {
            throw new CniException(
                CniErrorCode.InvalidConfiguration, $"delegate.bridge: found \"{options.Name}\", a link that is no bridge; choose another name or delete that link.");
        }

        var addresses = options.IsGateway ? host.ListAddresses(link.Index) : [];
        host.Execute(batch =>
        {
            var isPromiscuous = link.Flags.HasFlag(LinkFlags.Promiscuous);
            if (!link.IsUp || link.Mtu != options.Mtu || link.Mac != mac || (options.IsPromiscuous && !isPromiscuous))
            {
                // A bridge has the lowest address and the smallest MTU of its ports until it is given some; then it keeps them. The address is the one that it has.
                batch.ChangeLink(link.Index, new LinkSettings { IsUp = true, Mtu = options.Mtu, Mac = link.Mac, IsPromiscuous = options.IsPromiscuous ? true : null });
            }

            foreach (var gateway in options.IsGateway ? gateways : [])
            {
                if (!addresses.Exists(entry => entry.Address == gateway))
                {
                    batch.ReplaceAddress(link.Index, gateway, gateway.Address.IsIPv6 ? AddressFlags.NoDuplicateDetection : AddressFlags.None);
                }
            }

            foreach (var entry in addresses.Where(entry => entry.Scope == 0 && !gateways.Contains(entry.Address) && isOutdated(entry.Address)))
            {
                batch.DeleteAddress(link.Index, entry.Address);
            }
        });
        return link;
    }

    private Link Create(MacAddress mac)
    {
        host.TryExecute(
            batch => batch.CreateBridge(new LinkSettings { Name = options.Name, Mac = mac, IsUp = true, IsPromiscuous = options.IsPromiscuous ? true : null }),
            AlreadyExists);
        return host.FindLink(options.Name) ?? throw new CniException(CniErrorCode.TryAgainLater, $"Somebody deletes the bridge {options.Name} while it is made: find out who.");
    }
}
