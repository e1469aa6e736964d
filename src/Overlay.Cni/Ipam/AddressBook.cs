using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Ipam;

/// <summary>Who has which address, as the journal's lines add up. An address is free, used, or resting: released addresses are taken last, the longest rested first.</summary>
/// <param name="expected">How many attachments there may be.</param>
internal sealed class AddressBook(int expected = 0)
{
    /// <summary>How many addresses may rest. A subnet of IPv6 never runs out, so that the oldest are forgotten and count as never used.</summary>
    private const int MostResting = 1024;

    private const int RestingOfALine = 32;

    private readonly Dictionary<ulong, Holding> _holdings = new(expected);
    private readonly HashSet<InetAddress> _used = new(expected);
    private readonly Dictionary<InetAddress, long> _resting = [];
    private readonly List<InetAddress> _ofLine = [];
    private readonly List<InetAddress> _released = [];
    private long _lastRelease;

    /// <summary>All reservations.</summary>
    public IEnumerable<Reservation> Reservations => _holdings.Values.Select(Read);

    /// <summary>How many lines it takes to write the book anew.</summary>
    public int Lines => _holdings.Count + (_resting.Count / RestingOfALine) + 1;

    public Reservation? Find(AttachmentKey key) => _holdings.TryGetValue(JournalLine.HashOf(key), out var holding) ? Read(holding) : null;

    /// <summary>Whether an attachment has the address.</summary>
    public bool IsUsed(InetAddress address) => _used.Contains(address);

    /// <summary>Takes in one line without its end, which may not change from then on; <see langword="false"/> if it is none.</summary>
    public bool TryApply(ReadOnlyMemory<byte> text)
    {
        if (!JournalLine.TryParse(text.Span, _ofLine, out var line))
        {
            return false;
        }

        switch (line.Action)
        {
            case JournalAction.Reserve or JournalAction.Hold:
                Release(line.AttachmentHash);
                _holdings[line.AttachmentHash] = new Holding(text, IsComplete: line.Action == JournalAction.Hold);
                foreach (var address in _ofLine)
                {
                    _used.Add(address);
                    _resting.Remove(address);
                }

                break;
            case JournalAction.Complete when _holdings.TryGetValue(line.AttachmentHash, out var holding):
                _holdings[line.AttachmentHash] = holding with { IsComplete = true };
                break;
            case JournalAction.Release:
                Release(line.AttachmentHash);
                break;
            case JournalAction.Rest:
                LetRest(_ofLine);
                break;
        }

        return true;
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

        for (var since = 0L; TryFindResting(subnet, since, out address); since = _resting[address])
        {
            if (!isTaken(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether an attachment may have the address at all.</summary>
    public static bool IsAssignable(InetPrefix subnet, InetAddress address) =>
        subnet.Contains(address) && address.Value >= subnet.Address.Value + 2 && address.Value <= LastValue(subnet);

    /// <summary>The fewest lines that say the same.</summary>
    public IEnumerable<JournalEntry> Summarize() =>
    [
        .. _resting.OrderBy(entry => entry.Value).Select(entry => entry.Key).Chunk(RestingOfALine).Select(JournalEntry.Rest),
        .. Reservations.Select(JournalEntry.Keep),
    ];

    private static UInt128 LastValue(InetPrefix subnet) => subnet.LastAddress.Value - (subnet.Address.IsIPv6 ? 0u : 1u);

    private static Reservation Read(Holding holding)
    {
        var addresses = new List<InetAddress>(2);
        JournalLine.TryParse(holding.Line.Span, addresses, out var line);
        var entry = line.ToEntry(addresses);
        return new Reservation(entry.Network, entry.Key, addresses, holding.IsComplete);
    }

    // The one that has rested longest of those that rest since later than a number.
    private bool TryFindResting(InetPrefix subnet, long since, out InetAddress address)
    {
        address = default;
        var first = long.MaxValue;
        foreach (var (candidate, began) in _resting)
        {
            if (began > since && began < first && IsAssignable(subnet, candidate) && !_used.Contains(candidate))
            {
                (address, first) = (candidate, began);
            }
        }

        return first < long.MaxValue;
    }

    private void Release(ulong attachment)
    {
        if (_holdings.Remove(attachment, out var holding))
        {
            JournalLine.TryParse(holding.Line.Span, _released, out _);
            foreach (var address in _released)
            {
                _used.Remove(address);
            }

            LetRest(_released);
        }
    }

    private void LetRest(List<InetAddress> addresses)
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

    /// <summary>The line that gave an attachment its addresses, and whether its ADD came to its end.</summary>
    private readonly record struct Holding(ReadOnlyMemory<byte> Line, bool IsComplete);
}
