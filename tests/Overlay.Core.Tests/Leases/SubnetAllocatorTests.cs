using System.Net;
using CsCheck;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Overlay.Core.Leases;
using Xunit;

namespace Overlay.Core.Tests.Leases;

public sealed class SubnetAllocatorTests
{
    private static readonly IPNetwork _network = IPNetwork.Parse("10.244.0.0/16");
    private static readonly SubnetRange _range = new(24, IPAddress.Parse("10.244.1.0"), IPAddress.Parse("10.244.255.0"));

    [Fact]
    public void Choose_NothingTaken_IsAmongTheFirstHundred()
    {
        var chosen = Enumerable.Range(0, 2000).Select(seed => Choose([], seed)!.Value.BaseAddress.GetAddressBytes()[2]).ToHashSet();

        Assert.Equal(Enumerable.Range(1, 100), chosen.Select(part => (int)part).Order());
    }

    [Fact]
    public void Choose_AllButOneTaken_GivesThatOne()
    {
        var taken = Enumerable.Range(1, 255).Where(part => part != 77).Select(part => IPNetwork.Parse($"10.244.{part}.0/24"));

        Assert.Equal(IPNetwork.Parse("10.244.77.0/24"), Choose(taken, 1));
    }

    [Theory]
    [InlineData("10.244.0.0/17", "10.244.128.0/18", "10.244.192.0/19", "10.244.224.0/20", "10.244.240.0/21", "10.244.248.0/22", "10.244.252.0/23", "10.244.254.0/24", "10.244.255.128/32")]
    [InlineData("10.0.0.0/8")]
    public void Choose_LeasesOfOtherLengthsCoverAll_GivesNothing(params string[] taken) => Assert.Null(Choose(taken.Select(IPNetwork.Parse), 1));

    [Fact]
    public void Choose_LeasesOutsideAndOfTheOtherFamily_DoNotMatter() =>
        Assert.NotNull(Choose("10.244.0.0/24 10.245.0.0/16 0.0.0.0/32 fc00::/7".Split(' ').Select(IPNetwork.Parse), 1));

    [Theory]
    [InlineData("10.244.9.0/24", true)]
    [InlineData("10.244.10.0/24", false)]
    [InlineData("10.244.9.0/25", false)]
    [InlineData("10.244.0.0/24", false)]
    [InlineData("10.245.9.0/24", false)]
    public void Choose_Preferred_IsGivenWhenFreeAndOfTheRange(string preferred, bool isGiven) =>
        Assert.Equal(isGiven, new SubnetAllocator(_network, _range, [IPNetwork.Parse("10.244.10.128/25")]).Choose(IPNetwork.Parse(preferred), new Random(5)) == IPNetwork.Parse(preferred));

    [Fact]
    public void Choose_HugeIPv6NetworkWithTenThousandLeases_IsFree()
    {
        var range = new SubnetRange(64, IPAddress.Parse("fc00:0:0:1::"), IPAddress.Parse("fcff:ffff:ffff:ffff::"));
        var taken = Enumerable.Range(1, 10_000).Select(part => IPNetwork.Parse($"fc00:0:0:{part:x}::/64"));

        var chosen = new SubnetAllocator(IPNetwork.Parse("fc00::/8"), range, taken).Choose(null, new Random(1))!.Value;

        Assert.InRange(new InetAddress(chosen.BaseAddress).Value >> 64, (UInt128)0xFC00_0000_0000_2711, (UInt128)0xFC00_0000_0000_2711 + 99);
    }

    [Theory]
    [InlineData("10.244.0.0/22", 24, "10.244.1.0", "10.244.3.0", "network 10.244.0.0/22 has 3 subnets of /24 for nodes, and 3 are leased", "a network with prefix /21 would hold 7.")]
    [InlineData("10.244.0.0/16", 24, "10.244.8.0", "10.244.9.0", "network 10.244.0.0/16 has 2 subnets of /24 for nodes, and 2 are leased", "a network with prefix /15 would hold 511; so would a SubnetMin and SubnetMax further apart (now 10.244.8.0 and 10.244.9.0).")]
    public void Exhaustion_SaysHowManyAndWhatWouldHelp(string network, int length, string first, string last, string says, string remedy)
    {
        var range = new SubnetRange(length, IPAddress.Parse(first), IPAddress.Parse(last));

        var message = new SubnetAllocator(IPNetwork.Parse(network), range, [IPNetwork.Parse(network)]).Exhaustion();

        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.EndsWith(remedy, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_AnyLeases_NeverOverlapsAndFindsWhatIsFree()
    {
        var prefix = Gen.Select(Gen.UInt[0x0AF4_0000, 0x0AF4_FFFF], Gen.Int[20, 30], (bits, length) => new InetPrefix(InetAddress.FromIPv4(bits), length).ToIPNetwork());

        Gen.Select(prefix.Array[0, 60], Gen.Int).Sample((taken, seed) =>
        {
            var chosen = Choose(taken, seed);
            var free = Enumerable.Range(1, 255).Select(part => IPNetwork.Parse($"10.244.{part}.0/24")).Where(subnet => !taken.Any(lease => Overlap(lease, subnet))).Take(100).ToList();
            return chosen is { } one ? free.Contains(one) : free.Count == 0;
        }, iter: 300);
    }

    private static bool Overlap(IPNetwork left, IPNetwork right) => new SubnetPair(left, null).Overlaps(new SubnetPair(right, null));

    private static IPNetwork? Choose(IEnumerable<IPNetwork> taken, int seed) => new SubnetAllocator(_network, _range, taken).Choose(null, new Random(seed));
}
