using Overlay.Cni.Configuration;
using Overlay.Cni.Ipam;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Attachments;

/// <summary>The two links between the bridge and a workload.</summary>
internal sealed class VethPair(RouteNetlink host, AttachmentKey key)
{
    private const int AlreadyExists = 17;
    private const int ExchangeFull = 54;

    /// <summary>The name of the link on the host.</summary>
    public string HostName { get; } = AttachmentNames.HostLink(key);

    /// <summary>The Ethernet address of the link on the host.</summary>
    public MacAddress HostMac { get; } = AttachmentNames.HostMac(key);

    /// <summary>Whether the pair is there, as far as the host can tell.</summary>
    public bool Exists => host.FindLink(HostName) is not null;

    /// <summary>Makes both links, one on the bridge and one in the workload's namespace, which is not up yet. What an earlier run left under the name goes.</summary>
    /// <exception cref="CniException">The workload has an interface of that name, or the bridge is full.</exception>
    public void Create(Link bridge, BridgeOptions options, Reservation reservation, MacAddress workloadMac, NetworkNamespace workload)
    {
        for (var isRetry = false; ; isRetry = true)
        {
            try
            {
                host.Execute(batch => Write(batch, bridge, options, reservation, workloadMac, workload));
                return;
            }
            catch (NetlinkException exception) when (exception.Errno == AlreadyExists && !isRetry && Exists)
            {
                Delete();
            }
            catch (NetlinkException exception) when (exception.Errno == AlreadyExists)
            {
                throw new CniException(CniErrorCode.AlreadyAttached, $"CNI_IFNAME: found \"{key.InterfaceName}\", which container {key.ContainerId} has already; choose another name.", exception);
            }
            catch (NetlinkException exception) when (exception.Errno == ExchangeFull)
            {
                throw new CniException(
                    CniErrorCode.AddressesExhausted, $"The bridge {bridge.Name} has 1023 ports, which is the kernel's limit: run fewer workloads on this node, or a second network with another delegate.bridge.", exception);
            }
        }
    }

    /// <summary>Deletes both links; nothing happens if they are gone.</summary>
    public void Delete() => host.DeleteLinkQuickly(HostName);

    private void Write(NetlinkBatch batch, Link bridge, BridgeOptions options, Reservation reservation, MacAddress workloadMac, NetworkNamespace workload)
    {
        batch.CreateVeth(
            new LinkSettings { Name = HostName, Mac = HostMac, Mtu = options.Mtu, Master = bridge.Index },
            new LinkSettings { Name = key.InterfaceName, Mac = workloadMac, Mtu = options.Mtu, Namespace = workload.Handle });
        batch.ChangePort(
            HostName,
            new BridgePortSettings { Hairpin = options.Hairpin, IsIsolated = options.IsolatesPorts ? true : null },
            new LinkSettings { IsUp = true, Alias = AttachmentLabel.Write(reservation) });
    }
}
