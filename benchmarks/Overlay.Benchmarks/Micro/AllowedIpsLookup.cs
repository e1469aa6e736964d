using BenchmarkDotNet.Attributes;
using Overlay.Core.Addressing;
using Overlay.WireGuard.Protocol.Routing;

namespace Overlay.Benchmarks.Micro;

/// <summary>Finds the peer of an address among so many prefixes of each family. The baseline compares the address with each prefix.</summary>
public class AllowedIpsLookup
{
    private readonly AllowedIps<object> _trie = new();
    private (uint Network, uint Mask, object Owner)[] _list = [];
    private InetAddress _ipv4;
    private InetAddress _ipv6;

    [Params(1, 64, 1_000, 100_000)]
    public int Prefixes { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        _list = new (uint, uint, object)[Prefixes];
        for (var i = 0; i < Prefixes; i++)
        {
            var owner = new object();
            var network = 0x0A_00_00_00u + ((uint)i << 7);
            _trie.Set(new InetPrefix(InetAddress.FromIPv4(network), 25), owner);
            _trie.Set(new InetPrefix(InetAddress.FromIPv6(((UInt128)0xFD_00 << 112) + ((UInt128)i << 64)), 64), owner);
            _list[i] = (network, 0xFF_FF_FF_80, owner);
        }

        var middle = Prefixes / 2;
        _ipv4 = InetAddress.FromIPv4(_list[middle].Network + 5);
        _ipv6 = InetAddress.FromIPv6(((UInt128)0xFD_00 << 112) + ((UInt128)middle << 64) + 5);
        if (_trie.Find(_ipv4) != _list[middle].Owner || _trie.Find(_ipv6) != _list[middle].Owner || Walk() != _list[middle].Owner)
        {
            throw new InvalidOperationException("The three do not agree.");
        }
    }

    [Benchmark]
    public object? TrieIPv4() => _trie.Find(_ipv4);

    [Benchmark]
    public object? TrieIPv6() => _trie.Find(_ipv6);

    [Benchmark(Baseline = true)]
    public object? Walk()
    {
        var address = (uint)_ipv4.Value;
        foreach (var (network, mask, owner) in _list)
        {
            if ((address & mask) == network)
            {
                return owner;
            }
        }

        return null;
    }
}
