using System.Net;
using Overlay.Core.Leases;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Etcd.Tests;

/// <summary>Keys and values in etcd are flannel's in both directions: ours are byte for byte what flannel writes, and flannel's, in any legal spelling, are used.</summary>
public sealed class FlannelBytesTests(EtcdServer server) : EtcdTest, IClassFixture<EtcdServer>
{
    private const string IPv4 = """{"Network":"10.244.0.0/16","SubnetMin":"10.244.7.0","SubnetMax":"10.244.7.0"}""";

    private const string Dual =
        """{"Network":"10.244.0.0/16","SubnetMin":"10.244.7.0","SubnetMax":"10.244.7.0","EnableIPv6":true,"IPv6Network":"2001:cafe:42::/56","IPv6SubnetMin":"2001:cafe:42:7::","IPv6SubnetMax":"2001:cafe:42:7::"}""";

    // Configuration, public addresses, backend, data, IPv6 data; then flannel's key and value (flannel-facts 3.1 to 3.3).
    public static TheoryData<string, string, string, string?, string?, string, string> Golden => new()
    {
        { IPv4, "192.168.64.3", "vxlan", """{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:44"}""", null, "10.244.7.0-24", """{"PublicIP":"192.168.64.3","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:44"}}""" },
        { IPv4, "192.168.64.3", "host-gw", null, null, "10.244.7.0-24", """{"PublicIP":"192.168.64.3","PublicIPv6":null,"BackendType":"host-gw"}""" },
        { IPv4, "192.168.64.3", "wireguard", """{"PublicKey":"WN+1ecsUtSqSOwIuBuPoBvzHNTbBQ8q1PhNvIgwYkwc=","Port":51820}""", null, "10.244.7.0-24", """{"PublicIP":"192.168.64.3","PublicIPv6":null,"BackendType":"wireguard","BackendData":{"PublicKey":"WN+1ecsUtSqSOwIuBuPoBvzHNTbBQ8q1PhNvIgwYkwc=","Port":51820}}""" },
        { IPv4, "192.168.64.3", "", null, null, "10.244.7.0-24", """{"PublicIP":"192.168.64.3","PublicIPv6":null}""" },
        { Dual, "192.168.64.3,fd00::3", "vxlan", """{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:44"}""", """{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:45"}""", "10.244.7.0-24&2001:cafe:42:7::-64", """{"PublicIP":"192.168.64.3","PublicIPv6":"fd00::3","BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:44"},"BackendV6Data":{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:45"}}""" },
        { Dual, "192.168.64.3,fd00::3", "wireguard", """{"PublicKey":"k=","Port":51820}""", """{"PublicKey":"k=","Port":51821}""", "10.244.7.0-24&2001:cafe:42:7::-64", """{"PublicIP":"192.168.64.3","PublicIPv6":"fd00::3","BackendType":"wireguard","BackendData":{"PublicKey":"k=","Port":51820},"BackendV6Data":{"PublicKey":"k=","Port":51821}}""" },
    };

    public static TheoryData<string, string, string, string?> Odd => new()
    {
        { "10.244.9.0-24", """{"BackendData":{"VtepMAC":"c6:d2:32:6f:8f:44","VNI":1},"BackendType":"vxlan","PublicIPv6":null,"PublicIP":"10.0.0.9"}""", "vxlan", """{"VtepMAC":"c6:d2:32:6f:8f:44","VNI":1}""" },
        { "10.244.9.0-24", """ { "publicip" : "10.0.0.9" , "BACKENDTYPE":"vxlan", "backendDATA" : { "VNI" : 1 } } """, "vxlan", """{"VNI":1}""" },
        { "10.244.9.0-24", """{"PublicIP":"10.0.0.9","BackendType":"host-gw","BackendData":null,"BackendV6Data":null}""", "host-gw", null },
        { "10.244.9.0-24", """{"PublicIP":"10.0.0.9","BackendType":"host-gw","Zone":"b","Overlay":7,"Labels":{"PublicIP":"1.1.1.1"}}""", "host-gw", null },
        { "10.244.9.0-24", """{"PublicIP":"10.0.0.1","BackendType":"udp","PublicIP":"10.0.0.9","BackendType":"host-gw"}""", "host-gw", null },
        { "10.244.9.0-24", """{"PublicIP":"10.0.0.9","BackendType":"vxl\u0061n","BackendData":{"\u0056NI":1}}""", "vxlan", """{"\u0056NI":1}""" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public async Task Acquire_AnyBackend_WritesFlannelsKeyAndValueAndFlannelReadsThem(
        string configuration, string addresses, string type, string? data, string? dataV6, string key, string value)
    {
        using var node = Node(server.Cluster, addresses, configuration);
        var attributes = node.Attributes() with { BackendType = type, BackendData = data, BackendV6Data = dataV6 };

        await node.Manager.AcquireAsync(new LeaseRequest(attributes), Cancellation);

        var lines = (await server.Cluster.ControlAsync("get", "--prefix", Prefix + "/subnets/")).Split('\n');
        Assert.Equal($"{Prefix}/subnets/{key}", lines[0]);
        // One member of our own follows, which flannel does not know.
        Assert.StartsWith(value[..^1] + ",\"Overlay\":{", lines[1], StringComparison.Ordinal);
        var (seen, meant) = (FlannelReader.Read(lines[0], lines[1]), FlannelReader.Read(key, value));
        Assert.Equivalent(meant, seen, strict: true);
        var stored = await KeyValueAsync();
        Assert.NotEqual(0, stored.GetProperty("lease").GetInt64());
        Assert.InRange(await TimeToLiveAsync(stored.GetProperty("lease").GetInt64()), 86_000, 86_400);
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public async Task Watch_LeaseAsFlannelWritesIt_IsAPeer(string configuration, string addresses, string type, string? data, string? dataV6, string key, string value)
    {
        await PutUnderLeaseAsync(key, value);
        using var node = Node(server.Cluster, "192.168.64.99", configuration);

        var peer = await FirstPeerAsync(node);

        Assert.Equal(key, peer.Key);
        Assert.Equal((type, data, dataV6), (peer.Attributes.BackendType, peer.Attributes.BackendData, peer.Attributes.BackendV6Data));
        Assert.Equal(addresses, string.Join(',', new[] { peer.Attributes.PublicAddresses.IPv4, peer.Attributes.PublicAddresses.IPv6 }.OfType<IPAddress>()));
    }

    [Theory]
    [MemberData(nameof(Odd))]
    public async Task Watch_OddButLegalJson_IsAPeerAsForFlannel(string key, string value, string type, string? data)
    {
        var meant = FlannelReader.Read(key, value);
        await PutUnderLeaseAsync(key, value);
        using var node = Node(server.Cluster, "192.168.64.99");

        var peer = await FirstPeerAsync(node);

        Assert.Equal((type, data), (peer.Attributes.BackendType, peer.Attributes.BackendData));
        Assert.Equal((meant.PublicIP, meant.BackendType), ($"{peer.Attributes.PublicAddresses.IPv4}", peer.Attributes.BackendType));
    }

    [Fact]
    public async Task Acquire_IPv6Only_HasAKeyOfItsOwnAndNodesDiffer()
    {
        const string Network = """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"2001:cafe:42::/56"}""";
        using var first = Node(server.Cluster, "fd00::1", Network);
        using var second = Node(server.Cluster, "fd00::2", Network);

        var (one, two) = (await first.AcquireAsync(cancellationToken: Cancellation), await second.AcquireAsync(cancellationToken: Cancellation));

        Assert.False(one.Subnets.Overlaps(two.Subnets));
        Assert.Equal((one.Key, one.Key), ((await first.AcquireAsync(cancellationToken: Cancellation)).Key, one.Key));
        Assert.Contains("\"PublicIP\":\"0.0.0.0\",\"PublicIPv6\":\"fd00::1\"", await server.Cluster.GetAsync($"{Prefix}/subnets/{one.Key}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Acquire_OwnLeaseOfFlannel_IsKeptAfterTheUpgrade()
    {
        await PutUnderLeaseAsync("10.244.7.0-24", """{"PublicIP":"192.168.64.3","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:44"}}""");
        using var node = Node(server.Cluster, "192.168.64.3");

        Assert.Equal("10.244.7.0-24", (await node.AcquireAsync(cancellationToken: Cancellation)).Key);
    }

    [Fact]
    public async Task Reservation_KeyWithoutLease_HoldsWhateverItsNodeDoes()
    {
        await PutLeaseAsync(server.Cluster, "10.244.7.0-24", """{"PublicIP":"192.168.64.3"}""");
        using var node = Node(server.Cluster, "192.168.64.3");

        var lease = await node.AcquireAsync(cancellationToken: Cancellation);
        await node.Manager.UpdateAsync(lease, node.Attributes("""{"VNI":9}"""), Cancellation);
        Assert.Equal(("10.244.7.0-24", null), (lease.Key, lease.Expires));
        Assert.False((await KeyValueAsync()).TryGetProperty("lease", out _));

        await node.Manager.ReleaseAsync(lease, Cancellation);
        Assert.Equal("""{"PublicIP":"192.168.64.3","PublicIPv6":null}""", await server.Cluster.GetAsync($"{Prefix}/subnets/10.244.7.0-24"));
    }

    private static async Task<Lease> FirstPeerAsync(TestNode node)
    {
        await using var batches = node.Manager.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        return Assert.Single(Assert.IsType<LeaseBatch.Snapshot>(await batches.NextAsync()).Leases);
    }

    /// <summary>As flannel writes: granted by etcd, which chooses the id.</summary>
    private async Task PutUnderLeaseAsync(string key, string value)
    {
        var granted = await server.Cluster.ControlAsync("lease", "grant", "86400");
        await PutLeaseAsync(server.Cluster, key, value, $"--lease={granted.Split(' ')[1]}");
    }

    private async Task<System.Text.Json.JsonElement> KeyValueAsync() =>
        System.Text.Json.JsonElement.Parse(await server.Cluster.ControlAsync("get", "--prefix", Prefix + "/subnets/", "--write-out", "json")).GetProperty("kvs")[0];

    private async Task<long> TimeToLiveAsync(long lease) =>
        System.Text.Json.JsonElement.Parse(await server.Cluster.ControlAsync("lease", "timetolive", $"{lease:x}", "--write-out", "json")).GetProperty("ttl").GetInt64();
}
