using Overlay.Cni.Attachments;
using Overlay.Cni.Configuration;
using Overlay.Cni.Delegation;
using Overlay.Cni.Ipam;
using Overlay.Cni.Protocol;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Cni.Commands;

/// <summary>GC: frees what belongs to attachments of this network that the runtime no longer knows.</summary>
internal static class GarbageCollection
{
    private const string ValidAttachments = "cni.dev/valid-attachments";

    public static void Run(Invocation invocation, NetworkDefinition network)
    {
        var list = network.Root.Member(ValidAttachments);
        var valid = ReadValid(list);
        foreach (var saved in SavedConfiguration.List(network.DataFolder, network.Name).Where(saved => !valid.Contains(saved.Key)).ToArray())
        {
            if (!Delegations.IsWhole(saved))
            {
                RemoveLinks([saved.Key]);
            }

            Delegations.Delete(saved, invocation);
        }

        RemoveOwn(network, valid);
        var plugin = Delegations.WholeOf(network, invocation, () => SubnetEnvironment.Read(network.SubnetFile))
            ?? Delegations.AddressesOf(network, invocation, () => SubnetEnvironment.Read(network.SubnetFile));
        plugin?.RunIfKnown("GC", list);
    }

    private static HashSet<AttachmentKey> ReadValid(JsonValue list)
    {
        // Without the list everything would be garbage.
        if (list.IsMissing)
        {
            throw list.Wrong("the list of the attachments that the runtime knows");
        }

        return [.. list.List().Select(entry => new AttachmentKey(
            entry.Member("containerID").RequiredText("a container's id"), entry.Member("ifname").RequiredText("an interface's name")))];
    }

    private static void RemoveOwn(NetworkDefinition network, HashSet<AttachmentKey> valid)
    {
        using var host = new RouteNetlink();
        var labelled = AddressSources.Labelled(host).Select(pair => pair.Reservation);
        Reservation[] garbage;
        using var journal = AddressSources.JournalOf(network, host);
        using (journal.Enter())
        {
            garbage = [.. journal.Book.Reservations.Concat(labelled).Where(entry => entry.Network == network.Name && !valid.Contains(entry.Key)).DistinctBy(entry => entry.Key)];
        }

        RemoveLinks(garbage.Select(entry => entry.Key));

        // Freed after the links are gone, as in DEL.
        using var held = journal.Enter();
        foreach (var entry in garbage.Where(entry => journal.Book.Find(entry.Key) is not null))
        {
            journal.Append(JournalEntry.Release(entry));
        }
    }

    private static void RemoveLinks(IEnumerable<AttachmentKey> keys)
    {
        const int NoSuchDevice = 19;
        using var host = new RouteNetlink();
        host.TryExecute(
            batch =>
            {
                foreach (var key in keys)
                {
                    batch.DeleteLink(AttachmentNames.LimiterLink(key));
                    batch.DeleteLink(AttachmentNames.HostLink(key));
                }
            },
            NoSuchDevice);
    }
}
