using System.Globalization;
using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;

namespace Overlay.Core.Leases;

/// <summary>Finds free subnets of one family. The work grows with the number of leases, never with that of subnets: an IPv6 network has more of
/// these than anybody can walk.</summary>
/// <param name="network">The whole network.</param>
/// <param name="range">How subnets are cut from it.</param>
/// <param name="taken">The leased subnets, of any length and of both families.</param>
internal sealed class SubnetAllocator(IPNetwork network, SubnetRange range, IEnumerable<IPNetwork> taken)
{
    // Flannel's number (flannel-facts 3.5). A random choice among several keeps nodes that start together from all wanting the same one.
    private const int Candidates = 100;

    private readonly InetAddress _first = new(range.First);
    private readonly InetAddress _last = new(range.Last);
    private readonly List<(UInt128 First, UInt128 Last)> _taken = Sort(range, taken);

    private int HostBits => (_first.Size * 8) - range.PrefixLength;

    private UInt128 Count => ((_last.Value - _first.Value) >> HostBits) + 1;

    /// <summary>Whether a subnet is one of the range: its length, its alignment, its place.</summary>
    public static bool IsInRange(SubnetRange range, IPNetwork subnet)
    {
        var address = new InetAddress(subnet.BaseAddress);
        return subnet.PrefixLength == range.PrefixLength && address.Size == new InetAddress(range.First).Size
            && address >= new InetAddress(range.First) && address <= new InetAddress(range.Last);
    }

    /// <summary>The preferred subnet if it is free and in the range, else one of the first hundred free ones by chance, else none.</summary>
    public IPNetwork? Choose(IPNetwork? preferred, Random random)
    {
        if (preferred is { } wanted && IsInRange(range, wanted) && IsFree(Index(new InetAddress(wanted.BaseAddress))))
        {
            return wanted;
        }

        var free = FirstFree();
        return free.Count == 0 ? null : Subnet(free[random.Next(free.Count)]);
    }

    /// <summary>Why there is no free subnet, and what would help.</summary>
    public string Exhaustion()
    {
        var length = network.PrefixLength - 1;
        var more = (UInt128.One << (range.PrefixLength - length)) - 1;
        var remedy = length > 0 ? string.Create(CultureInfo.InvariantCulture, $"a network with prefix /{length} would hold {more}") : "a longer SubnetLen would give more";
        var cut = Count < (UInt128.One << (range.PrefixLength - network.PrefixLength)) - 1
            ? $"; so would a SubnetMin and SubnetMax further apart (now {range.First} and {range.Last})"
            : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"No subnet is free: network {network} has {Count} subnets of /{range.PrefixLength} for nodes, and {Leased()} are leased. Release a lease that is no longer needed, or enlarge the network: {remedy}{cut}.");
    }

    private static List<(UInt128 First, UInt128 Last)> Sort(SubnetRange range, IEnumerable<IPNetwork> taken)
    {
        var first = new InetAddress(range.First);
        var last = new InetPrefix(new InetAddress(range.Last), range.PrefixLength).LastAddress;
        var hostBits = (first.Size * 8) - range.PrefixLength;
        var intervals = new List<(UInt128, UInt128)>();
        foreach (var subnet in taken)
        {
            var prefix = new InetPrefix(subnet);
            if (prefix.Address.Size == first.Size && prefix.Address <= last && prefix.LastAddress >= first)
            {
                var from = prefix.Address < first ? 0 : (prefix.Address.Value - first.Value) >> hostBits;
                var to = ((prefix.LastAddress > last ? last.Value : prefix.LastAddress.Value) - first.Value) >> hostBits;
                intervals.Add((from, to));
            }
        }

        intervals.Sort();
        return intervals;
    }

    private bool IsFree(UInt128 index) => !_taken.Exists(interval => interval.First <= index && index <= interval.Last);

    private List<UInt128> FirstFree()
    {
        var free = new List<UInt128>(Candidates);
        UInt128 next = 0;
        foreach (var (first, last) in _taken)
        {
            AddUntil(first);
            next = last + 1 > next ? last + 1 : next;
        }

        AddUntil(Count);
        return free;

        void AddUntil(UInt128 end)
        {
            for (; next < end && free.Count < Candidates; next++)
            {
                free.Add(next);
            }
        }
    }

    private UInt128 Leased()
    {
        UInt128 leased = 0, next = 0;
        foreach (var (first, last) in _taken)
        {
            var from = first > next ? first : next;
            leased += last >= from ? last - from + 1 : 0;
            next = last + 1 > next ? last + 1 : next;
        }

        return leased;
    }

    private UInt128 Index(InetAddress address) => (address.Value - _first.Value) >> HostBits;

    private IPNetwork Subnet(UInt128 index) => new(_first.WithValue(_first.Value + (index << HostBits)).ToIPAddress(), range.PrefixLength);
}
