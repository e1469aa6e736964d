using System.Net;
using BenchmarkDotNet.Attributes;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Overlay.Core.Leases;

namespace Overlay.Benchmarks.Micro;

/// <summary>Chooses a free /24 of 10.0.0.0/8 when so many are leased. The baseline is flannel's walk: from the first subnet on, each is compared with every
/// lease until a hundred free ones are found.</summary>
public class Allocation
{
    private static readonly IPNetwork _network = IPNetwork.Parse(SamplePeer.Network);
    private static readonly SubnetRange _range = new(SamplePeer.SubnetLength, IPAddress.Parse("10.0.1.0"), IPAddress.Parse("10.255.255.0"));

    private readonly Random _random = new(1);
    private IPNetwork[] _leased = [];

    [Params(100, 1_000, 10_000)]
    public int Leases { get; set; }

    [GlobalSetup]
    public void Begin() => _leased = [.. Enumerable.Range(0, Leases).Select(number => SamplePeer.At(number).ToLease().Subnets.IPv4!.Value)];

    [Benchmark]
    public IPNetwork? Allocator() => new SubnetAllocator(_network, _range, _leased).Choose(preferred: null, _random);

    [Benchmark(Baseline = true)]
    public IPNetwork? Walk()
    {
        var free = new List<IPNetwork>(100);
        for (var address = 0x0A_00_01_00u; free.Count < 100; address += 256)
        {
            var subnet = new IPNetwork(InetAddress.FromIPv4(address).ToIPAddress(), SamplePeer.SubnetLength);
            if (!_leased.Any(lease => new SubnetPair(lease, null).Overlaps(new SubnetPair(subnet, null))))
            {
                free.Add(subnet);
            }
        }

        return free[_random.Next(free.Count)];
    }
}
