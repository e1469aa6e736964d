using Overlay.Cni.Attachments;
using Overlay.Cni.Configuration;
using Overlay.Cni.Delegation;
using Overlay.Cni.Ipam;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Commands;

/// <summary>Chooses where the addresses of an attachment come from.</summary>
internal static class AddressSources
{
    public static IAddressSource Create(
        NetworkDefinition network, Invocation invocation, SubnetEnvironment environment, IReadOnlyList<InetAddress> wishes, RouteNetlink host, AddressJournal journal) =>
        Delegations.AddressesOf(network, invocation, () => environment) is { } plugin
            ? new PluginAddresses(plugin, network.Version, () => Release(network, invocation))
            : OwnFor(network, invocation, environment.Subnets, wishes, host, journal);

    /// <summary>The addresses that this plugin gives itself.</summary>
    public static JournalAddresses OwnFor(
        NetworkDefinition network, Invocation invocation, IReadOnlyList<InetPrefix> subnets, IReadOnlyList<InetAddress> wishes, RouteNetlink host, AddressJournal journal) =>
        new(journal, network.Name, invocation.Key, subnets, wishes, () => new VethPair(host, invocation.Key).Exists);

    /// <summary>The journal of a network's data folder, which is not read yet. A lost one is written anew from the links' labels.</summary>
    public static AddressJournal JournalOf(NetworkDefinition network, RouteNetlink host) => new(network.DataFolder, BootId.Read, () => Labelled(host).Select(pair => pair.Reservation));

    /// <summary>The links of attachments, with what their labels say.</summary>
    public static IEnumerable<(Link Link, Reservation Reservation)> Labelled(RouteNetlink host) =>
        host.ListLinks("veth").Select(link => (link, AttachmentLabel.Read(link.Alias))).Where(pair => pair.Item2 is not null).Select(pair => (pair.link, pair.Item2!));

    private static void Release(NetworkDefinition network, Invocation invocation)
    {
        if (SavedConfiguration.Find(network.DataFolder, invocation.Key) is { } saved)
        {
            Delegations.Delete(saved, invocation);
        }
    }
}
