using CsCheck;

using Overlay.Core.Addressing;
using Overlay.WireGuard.Protocol.Routing;

namespace Overlay.WireGuard.Tests.Routing;

public sealed class AllowedIpsTests
{
    private readonly AllowedIps<string> _table = new();

    private static readonly string[] _owners = ["a", "b", "c"];

    /// <summary>Few distinct bits, so that prefixes overlap, nest and repeat.</summary>
    private static readonly Gen<InetAddress> _address = Gen.Select(Gen.Bool, Gen.UInt, Gen.UInt, (isIPv6, high, low) => isIPv6
        ? InetAddress.FromIPv6(((UInt128)(high & 0xC000_0003) << 96) | (low & 0x8000_0007))
        : InetAddress.FromIPv4((high & 0xE000_0000) | (low & 0x0000_0107)));

    private static readonly Gen<InetPrefix> _prefix = Gen.Select(_address, Gen.Int[0, 128], (address, length) => new InetPrefix(address, length % ((address.Size * 8) + 1)));

    private static readonly Gen<(int Kind, InetPrefix Prefix, string Owner, InetPrefix[] Set)> _change =
        Gen.Select(Gen.Int[0, 9], _prefix, Gen.Int[0, 2].Select(i => _owners[i]), _prefix.Array[0, 5]);

    [Fact]
    public void AnyChanges_AgreeWithTheSlowModel() => Gen.Select(_change.Array[1, 40], _address.Array[1, 30]).Sample((changes, addresses) =>
    {
        var table = new AllowedIps<string>();
        var model = new SlowAllowedIps();
        foreach (var (kind, prefix, owner, set) in changes)
        {
            switch (kind)
            {
                case 0: table.RemoveAll(owner); model.RemoveAll(owner); break;
                case 1: table.Replace(set, owner); model.Replace(set, owner); break;
                case 2 or 3 or 4: Assert.Equal(model.Remove(prefix, owner), table.Remove(prefix, owner)); break;
                default: table.Set(prefix, owner); model.Set(prefix, owner); break;
            }
        }

        Assert.All(_owners, owner => Assert.Equal(model.PrefixesOf(owner), table.PrefixesOf(owner)));
        var probes = addresses.Concat(changes.Select(change => change.Prefix.Address));
        Assert.All(probes, address => Assert.Equal(model.Find(address), table.Find(address)));
    }, iter: 4000);

    [Fact]
    public void Find_NestedPrefixes_TakesTheLongest()
    {
        Set("0.0.0.0/0", "default");
        Set("10.0.0.0/8", "eight");
        Set("10.1.0.0/16", "sixteen");
        Set("10.1.2.3/32", "host");
        Set("::/0", "default6");
        Set("fd00::/8", "eight6");

        Assert.Equal("host", Find("10.1.2.3"));
        Assert.Equal("sixteen", Find("10.1.2.4"));
        Assert.Equal("eight", Find("10.2.0.1"));
        Assert.Equal("default", Find("11.0.0.1"));
        Assert.Equal("eight6", Find("fd12::1"));
        Assert.Equal("default6", Find("2001:db8::1"));
    }

    [Fact]
    public void Set_AnothersPrefix_MovesIt()
    {
        Set("10.0.0.0/24", "first");
        Set("10.0.0.77/24", "second"); // The same prefix: host bits do not count.

        Assert.Equal("second", Find("10.0.0.1"));
        Assert.Empty(_table.PrefixesOf("first"));
        Assert.Equal([InetPrefix.Parse("10.0.0.0/24")], _table.PrefixesOf("second"));
    }

    [Fact]
    public void Remove_AnothersPrefix_ChangesNothing()
    {
        Set("10.0.0.0/24", "first");

        Assert.False(_table.Remove(InetPrefix.Parse("10.0.0.0/24"), "second"));
        Assert.False(_table.Remove(InetPrefix.Parse("10.0.0.0/25"), "first"));
        Assert.Equal("first", Find("10.0.0.1"));
        Assert.True(_table.Remove(InetPrefix.Parse("10.0.0.0/24"), "first"));
        Assert.Null(Find("10.0.0.1"));
    }

    [Fact]
    public void PrefixesOf_BothFamilies_KeepsTheOrderInWhichTheyWereGiven()
    {
        string[] order = ["10.3.0.0/16", "fd00::/64", "10.1.0.0/16", "0.0.0.0/0", "fd00:1::/64", "10.2.0.0/16"];
        foreach (var prefix in order)
        {
            Set(prefix, "owner");
        }

        Set("10.1.0.0/16", "owner");
        Assert.Equal(order, _table.PrefixesOf("owner").Select(prefix => prefix.ToString()));
    }

    [Fact]
    public void Find_Spans_AllocatesNothing()
    {
        for (uint i = 0; i < 10_000; i++)
        {
            _table.Set(new InetPrefix(InetAddress.FromIPv4(i << 8), 24), "owner");
            _table.Set(new InetPrefix(InetAddress.FromIPv6((UInt128)i << 64), 64), "owner");
        }

        byte[] ipv4 = [0, 1, 2, 3];
        var ipv6 = new byte[16];
        void Look(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Assert.NotNull(_table.Find(ipv4));
                Assert.NotNull(_table.Find(ipv6));
            }
        }

        Look(10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Look(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Find_WhileAnotherThreadChangesNeighbours_NeverMissesWhatStays()
    {
        Set("10.0.0.0/8", "stays");
        Set("10.128.0.0/16", "stays");
        var isOver = false;
        string? missed = null;
        var reader = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                missed ??= Find("10.128.0.1") != "stays" ? "10.128.0.1" : null;
                missed ??= Find("10.200.0.1") != "stays" ? "10.200.0.1" : null;
            }
        });
        reader.Start();

        var random = new Random(3);
        for (var i = 0; i < 30_000; i++)
        {
            var prefix = new InetPrefix(InetAddress.FromIPv4(0x0A80_0000u ^ (1u << random.Next(0, 24))), random.Next(9, 33));
            if (!prefix.Contains(InetAddress.Parse("10.128.0.1")) && !prefix.Contains(InetAddress.Parse("10.200.0.1")))
            {
                _table.Set(prefix, "goes");
                _table.Remove(prefix, "goes");
            }

            _table.Replace([InetPrefix.Parse("10.0.0.0/8"), InetPrefix.Parse("10.128.0.0/16")], "stays");
        }

        Volatile.Write(ref isOver, true);
        reader.Join();
        Assert.Null(missed);
    }

    [Fact]
    public void Set_130561Prefixes_ReadsThemAllBack()
    {
        // The size of the kernel's own test.
        for (uint i = 0; i < 130_561; i++)
        {
            _table.Set(new InetPrefix(InetAddress.FromIPv4(i), 32), "owner");
        }

        Assert.Equal(130_561, _table.PrefixesOf("owner").Count);
        _table.RemoveAll("owner");
        Assert.Null(Find("0.0.0.1"));
    }

    private void Set(string prefix, string owner) => _table.Set(InetPrefix.Parse(prefix), owner);

    private string? Find(string address) => _table.Find(InetAddress.Parse(address));
}
