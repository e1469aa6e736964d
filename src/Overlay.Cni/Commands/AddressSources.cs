using Overlay.Cni.Addresses;
using Overlay.Cni.Attachments;
using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Commands;

/// <summary>Chooses where the addresses of an attachment come from.</summary>
internal static class AddressSources
{
    public static IAddressSource Create(
        NetworkDefinition network, Invocation invocation, IReadOnlyList<InetPrefix> subnets, IReadOnlyList<InetAddress> wishes, RouteNetlink host) =>
        new JournalAddresses(() => OpenJournal(network, host), network.Name, invocation.Key, subnets, wishes, () => new VethPair(host, invocation.Key).Exists);

    /// <summary>Opens the journal of a network's data folder. A lost one is written anew from the links' labels.</summary>
    public static AddressJournal OpenJournal(NetworkDefinition network, RouteNetlink host) =>
        AddressJournal.Open(network.DataFolder, BootId.Read(), () => host.ListLinks("veth").Select(link => AttachmentLabel.Read(link.Alias)).OfType<Reservation>());
}
