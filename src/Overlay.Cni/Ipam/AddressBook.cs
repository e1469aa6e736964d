using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Ipam;

/// <summary>Who has which address, as the journal's lines add up. An address is free, used, or resting: released addresses are taken last, the longest rested first.</summary>
internal sealed class AddressBook
{
    /// <summary>How many addresses may rest. A subnet of IPv6 never runs out, so that the oldest are forgotten and count as never used.</summary>
    private const int MostResting = 1024;

    private readonly Dictionary<AttachmentKey, Reservation> _reservations = [];
    private readonly HashSet<InetAddress> _used = [];
    private readonly Dictionary<InetAddress, long> _resting = [];
    private long _lastRelease;

    /// <summary>All reservations.</summary>
    public IReadOnlyCollection<Reservation> Reservations => _reservations.Values;

    /// <summary>How many lines it takes to write the book anew.</summary>
    public int Lines => (_reservations.Count * 2) + _resting.Count;

    public Reservation? Find(AttachmentKey key) => _reservations.GetValueOrDefault(key);

    /// <summary>Whether an attachment has the address.</summary>
    public bool IsUsed(InetAddress address) => _used.Contains(address);

    /// <summary>Takes in one line.</summary>
    public void Apply(in JournalEntry entry)
    {
        switch (entry.Action)
        {
            case JournalAction.Reserve:
                Release(entry.Key);
                _reservations[entry.Key] = new Reservation(entry.Network, entry.Key, entry.Addresses, IsComplete: false);
                foreach (var address in entry.Addresses)
                {
                    _used.Add(address);
                    _resting.Remove(address);
                }

                break;
            case JournalAction.Complete when Find(entry.Key) is { } reservation:
                _reservations[entry.Key] = reservation with { IsComplete = true };
                break;
            case JournalAction.Release:
                Release(entry.Key);
                break;
            case JournalAction.Rest:
                LetRest(entry.Addresses);
                break;
        }
    }

    /// <summary>The next address of a subnet: the lowest that was never used, or else the one that has rested longest. Not the subnet's own, the gateway's (the first), or
    /// the broadcast address of IPv4.</summary>
    /// <param name="subnet">The subnet, host bits cleared.</param>
    /// <param name="isTaken">Whether somebody has the address whom this book does not know.</param>
    /// <param name="address">The address.</param>
    public bool TryAllocate(InetPrefix subnet, Func<InetAddress, bool> isTaken, out InetAddress address)
    {
        for (var candidate = subnet.Address.Value + 2; candidate <= LastValue(subnet); candidate++)
        {
            address = subnet.Address.WithValue(candidate);
            if (!_used.Contains(address) && !_resting.ContainsKey(address) && !isTaken(address))
            {
                return true;
            }
        }

        foreach (var (rested, _) in _resting.OrderBy(entry => entry.Value))
        {
            if (IsAssignable(subnet, rested) && !_used.Contains(rested) && !isTaken(rested))
            {
                address = rested;
                return true;
            }
        }

        address = default;
        return false;
    }

    /// <summary>Whether an attachment may have the address at all.</summary>
    public static bool IsAssignable(InetPrefix subnet, InetAddress address) =>
        subnet.Contains(address) && address.Value >= subnet.Address.Value + 2 && address.Value <= LastValue(subnet);

    /// <summary>The fewest lines that say the same.</summary>
    public IEnumerable<JournalEntry> Summarize() =>
    [
        .. _resting.OrderBy(entry => entry.Value).Select(entry => JournalEntry.Rest(entry.Key)),
        .. _reservations.Values.SelectMany(entry => entry.IsComplete ? [JournalEntry.Reserve(entry), JournalEntry.Complete(entry)] : (JournalEntry[])[JournalEntry.Reserve(entry)]),
    ];

    private static UInt128 LastValue(InetPrefix subnet) => subnet.LastAddress.Value - (subnet.Address.IsIPv6 ? 0u : 1u);

    private void Release(AttachmentKey key)
    {
        if (_reservations.Remove(key, out var reservation))
        {
            foreach (var address in reservation.Addresses)
            {
                _used.Remove(address);
            }

            LetRest(reservation.Addresses);
        }
    }

    private void LetRest(IEnumerable<InetAddress> addresses)
    {
        foreach (var address in addresses)
        {
            _resting[address] = ++_lastRelease;
        }

        if (_resting.Count > MostResting * 2)
        {
            foreach (var (address, _) in _resting.OrderBy(entry => entry.Value).Take(_resting.Count - MostResting).ToArray())
            {
                _resting.Remove(address);
            }
        }
    }
}
