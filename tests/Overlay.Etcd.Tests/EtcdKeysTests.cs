using Google.Protobuf;
using Xunit;

namespace Overlay.Etcd.Tests;

public sealed class EtcdKeysTests
{
    // What Go's path.Join(prefix, "subnets", key) gives.
    [Theory]
    [InlineData("/coreos.com/network", "/coreos.com/network/config", "/coreos.com/network/subnets/10.5.1.0-24")]
    [InlineData("/coreos.com/network/", "/coreos.com/network/config", "/coreos.com/network/subnets/10.5.1.0-24")]
    [InlineData("//coreos.com//network", "/coreos.com/network/config", "/coreos.com/network/subnets/10.5.1.0-24")]
    [InlineData("net", "net/config", "net/subnets/10.5.1.0-24")]
    [InlineData("", "config", "subnets/10.5.1.0-24")]
    [InlineData("/", "/config", "/subnets/10.5.1.0-24")]
    public void Keys_AnyPrefix_AreFlannels(string prefix, string configuration, string lease)
    {
        var keys = new EtcdKeys(prefix);

        Assert.Equal(configuration, keys.Configuration);
        Assert.Equal(lease, keys.OfLease("10.5.1.0-24").ToStringUtf8());
        Assert.Equal("10.5.1.0-24", keys.LeaseOf(ByteString.CopyFromUtf8(lease)));
        Assert.True(keys.FirstLease.Span.SequenceCompareTo(keys.OfLease("0").Span) < 0 && keys.OfLease("~").Span.SequenceCompareTo(keys.AfterLeases.Span) < 0);
        Assert.True(keys.AfterLeases.Span.SequenceCompareTo(ByteString.CopyFromUtf8(lease.Replace("subnets/", "subnets2/", StringComparison.Ordinal)).Span) < 0);
    }
}
