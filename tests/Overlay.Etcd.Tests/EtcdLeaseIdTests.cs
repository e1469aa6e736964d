using CsCheck;
using Xunit;

namespace Overlay.Etcd.Tests;

public sealed class EtcdLeaseIdTests
{
    private static readonly DateTimeOffset _end = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void ReadExpiry_OwnId_GivesItsEnd() => Gen.Long[0, (1L << 33) - 1].Select(Gen.Int).Sample((seconds, seed) =>
    {
        var end = DateTimeOffset.FromUnixTimeSeconds(seconds);
        var id = EtcdLeaseId.Create(end, new Random(seed));
        return id > 0 && EtcdLeaseId.ReadExpiry(id) == end;
    });

    [Fact]
    public void Create_ManyOfOneSecond_DifferMostly()
    {
        var random = new Random(1);

        Assert.InRange(Enumerable.Range(0, 10_000).Select(_ => EtcdLeaseId.Create(_end, random)).Distinct().Count(), 9_700, 10_000);
    }

    // From etcdctl lease list on the Debian package's etcd: ids as its own clients get them.
    [Theory]
    [InlineData(0L)]
    [InlineData(-1L)]
    [InlineData(0x694D_9A6C_9AF1_0B0EL)]
    [InlineData(7587891432049020686L)]
    [InlineData(long.MinValue)]
    public void ReadExpiry_EtcdsOwnId_TellsNothing(long id) => Assert.Null(EtcdLeaseId.ReadExpiry(id));

    [Fact]
    public void ReadExpiry_AnyId_GivesAValue() => Gen.Long.Sample(id => EtcdLeaseId.ReadExpiry(id) is null or { Year: >= 1970 });
}
