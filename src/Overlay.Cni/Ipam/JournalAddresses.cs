using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Ipam;

/// <summary>This plugin's own address management: one address of each of the node's subnets.</summary>
/// <param name="journal">The journal; its lock is held for the length of a read and a write.</param>
/// <param name="network">The network's name.</param>
/// <param name="key">The attachment.</param>
/// <param name="subnets">The node's subnets.</param>
/// <param name="wishes">The addresses that the runtime asked for.</param>
/// <param name="stands">Whether the attachment's link is there.</param>
internal sealed class JournalAddresses(
    AddressJournal journal, string network, AttachmentKey key, IReadOnlyList<InetPrefix> subnets, IReadOnlyList<InetAddress> wishes, Func<bool> stands) : IAddressSource
{
    /// <summary>The gateway of a subnet: its first address.</summary>
    public static InetPrefix GatewayOf(InetPrefix subnet) => new(subnet.Address.WithValue(subnet.Address.Value + 1), subnet.Length);

    public CniResult Acquire()
    {
        using var held = journal.Enter();
        var earlier = journal.Book.Find(key);
        if (earlier is { IsComplete: true } && stands())
        {
            throw new CniException(
                CniErrorCode.AlreadyAttached, $"Container {key.ContainerId} has its interface {key.InterfaceName} in network {earlier.Network} already: DEL comes before another ADD.");
        }

        if (earlier is not null)
        {
            // Left by a run that was killed, or whose link is gone. Nobody has what it was given.
            journal.Append(JournalEntry.Release(earlier));
        }

        var addresses = Choose(journal.Book, earlier);
        journal.Append(JournalEntry.Reserve(new Reservation(network, key, addresses, IsComplete: false)));
        return new CniResult
        {
            Addresses = [.. addresses.Zip(subnets, (address, subnet) => new CniAddress(new InetPrefix(address, subnet.Length), GatewayOf(subnet).Address, null))],
        };
    }

    public void Complete()
    {
        using var held = journal.Enter();
        if (journal.Book.Find(key) is { } reservation)
        {
            journal.Append(JournalEntry.Complete(reservation));
        }
    }

    public void Release()
    {
        using var held = journal.Enter();
        if (journal.Book.Find(key) is { } reservation)
        {
            journal.Append(JournalEntry.Release(reservation));
        }
    }

    public void Check(CniResult expected)
    {
        using var held = journal.Enter();
        var reserved = journal.Book.Find(key)?.Addresses ?? [];
        foreach (var entry in expected.Addresses.Where(entry => subnets.Any(subnet => subnet.Contains(entry.Address.Address)) && !reserved.Contains(entry.Address.Address)))
        {
            throw new CniException(CniErrorCode.Drifted, $"{entry.Address.Address} is not reserved for container {key.ContainerId}: restart the container.");
        }
    }

    private List<InetAddress> Choose(AddressBook book, Reservation? earlier)
    {
        foreach (var wish in wishes.Where(wish => !subnets.Any(subnet => AddressBook.IsAssignable(subnet, wish))))
        {
            throw new CniException(CniErrorCode.AddressUnavailable, $"{wish} was asked for; allowed is an address of {string.Join(" or ", subnets)} that is not the subnet's own, its gateway's or broadcast.");
        }

        return [.. subnets.Select(subnet => Choose(book, earlier, subnet))];
    }

    private InetAddress Choose(AddressBook book, Reservation? earlier, InetPrefix subnet)
    {
        if (wishes.Any(subnet.Contains))
        {
            var wish = wishes.First(subnet.Contains);
            return !book.IsUsed(wish) && !IsTaken(wish) ? wish : throw new CniException(CniErrorCode.AddressUnavailable, $"{wish} was asked for, and another workload has it: choose another, or DEL that one first.");
        }

        foreach (var address in (earlier?.Addresses ?? []).Where(address => AddressBook.IsAssignable(subnet, address)))
        {
            return address;
        }

        return book.TryAllocate(subnet, IsTaken, out var free)
            ? free
            : throw new CniException(
                CniErrorCode.AddressesExhausted,
                $"All addresses of {subnet} are in use: delete workloads or run GC, or give nodes larger subnets (SubnetLen in the network's configuration).");
    }

    // A node that changes over from the plugin host-local still has workloads with addresses of that one: a file each.
    private bool IsTaken(InetAddress address) => HostLocalStore.HasGiven(network, address);
}
