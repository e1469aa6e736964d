using Overlay.Core.Addressing;
using Overlay.TestKit.Kubernetes;

namespace Overlay.Kubernetes.Tests.Leases;

/// <summary>The annotations are flannel's, byte for byte (flannel-facts 4.1 to 4.3; pkg/subnet/kube/kube.go, AcquireLease).</summary>
public sealed class GoldenAnnotationTests
{
    private const string Vxlan = """{"VNI":1,"VtepMAC":"12:c6:65:89:b4:e3"}""";
    private const string WireGuard = """{"PublicKey":"SLfq2vMBFYgbFYJNBBHCuFmnJgDQQXyFpH0d8v1Ux04=","Port":51820}""";

    [Theory]
    [InlineData("vxlan", "192.168.1.1", null, Vxlan, null,
        """{"flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/backend-type":"vxlan","flannel.alpha.coreos.com/backend-data":"{\"VNI\":1,\"VtepMAC\":\"12:c6:65:89:b4:e3\"}","flannel.alpha.coreos.com/public-ip":"192.168.1.1"}""")]
    [InlineData("host-gw", "192.168.1.1", null, null, null,
        """{"flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/backend-type":"host-gw","flannel.alpha.coreos.com/backend-data":"null","flannel.alpha.coreos.com/public-ip":"192.168.1.1"}""")]
    [InlineData("wireguard", "192.168.1.1", null, WireGuard, null,
        """{"flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/backend-type":"wireguard","flannel.alpha.coreos.com/backend-data":"{\"PublicKey\":\"SLfq2vMBFYgbFYJNBBHCuFmnJgDQQXyFpH0d8v1Ux04=\",\"Port\":51820}","flannel.alpha.coreos.com/public-ip":"192.168.1.1"}""")]
    [InlineData("vxlan", "192.168.1.1", "fd00::1", Vxlan, """{"VNI":1,"VtepMAC":"12:c6:65:89:b4:e4"}""",
        """{"flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/backend-type":"vxlan","flannel.alpha.coreos.com/backend-data":"{\"VNI\":1,\"VtepMAC\":\"12:c6:65:89:b4:e3\"}","flannel.alpha.coreos.com/public-ip":"192.168.1.1","flannel.alpha.coreos.com/backend-v6-data":"{\"VNI\":1,\"VtepMAC\":\"12:c6:65:89:b4:e4\"}","flannel.alpha.coreos.com/public-ipv6":"fd00::1"}""")]
    [InlineData("host-gw", "192.168.1.1", "fd00::1", null, null,
        """{"flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/backend-type":"host-gw","flannel.alpha.coreos.com/backend-data":"null","flannel.alpha.coreos.com/public-ip":"192.168.1.1","flannel.alpha.coreos.com/backend-v6-data":"null","flannel.alpha.coreos.com/public-ipv6":"fd00::1"}""")]
    [InlineData("vxlan", null, "fd00::1", null, Vxlan,
        """{"flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/backend-type":"vxlan","flannel.alpha.coreos.com/backend-v6-data":"{\"VNI\":1,\"VtepMAC\":\"12:c6:65:89:b4:e3\"}","flannel.alpha.coreos.com/public-ipv6":"fd00::1"}""")]
    [InlineData("host-gw", null, "fd00::1", null, null,
        """{"flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/backend-type":"host-gw","flannel.alpha.coreos.com/backend-data":"null","flannel.alpha.coreos.com/public-ip":"0.0.0.0","flannel.alpha.coreos.com/backend-v6-data":"null","flannel.alpha.coreos.com/public-ipv6":"fd00::1"}""")]
    [InlineData("", "192.168.1.1", null, null, null,
        """{"flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/backend-type":"","flannel.alpha.coreos.com/backend-data":"null","flannel.alpha.coreos.com/public-ip":"192.168.1.1"}""")]
    public async Task Acquire_NodeWithoutAnnotations_WritesFlannelsBytes(string type, string? ipv4, string? ipv6, string? data, string? data6, string golden)
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24", "2001:cafe:42:1::/64"));
        var network = ipv6 is null ? ClusterMember.Vxlan : ipv4 is null ? ClusterMember.IPv6 : ClusterMember.Dual;
        await using var member = new ClusterMember(server, network: network);
        var attributes = ClusterMember.Attributes(ipv4, ipv6, type, data, data6);

        var lease = await member.AcquireAsync(attributes);

        Assert.Equal(golden, server.State.Find("one")!["metadata"]!["annotations"]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        // What was written is read again as the same lease.
        await using var batches = member.Watch();
        var read = Assert.Single(await batches.NextSnapshotAsync());
        Assert.Equal((lease.Key, lease.Attributes, lease.Version), (read.Key, read.Attributes, read.Version));
    }

    [Fact]
    public async Task Acquire_SameAgain_WritesNothing()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.CreateFlannel("one", "10.244.1.0/24", "192.168.1.1", "12:c6:65:89:b4:e3"));
        await using var member = new ClusterMember(server);

        await member.AcquireAsync();

        Assert.DoesNotContain(server.Requests, request => request.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("vxlan", "flannel.alpha.coreos.com")]
    [InlineData("vxlan", "example.com/prefix")]
    public async Task ReadOwn_AnnotationsOfAnEarlierRun_HaveTheMac(string type, string prefix)
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24"));
        await using var before = new ClusterMember(server, configure: options => options.AnnotationPrefix = prefix);
        await before.AcquireAsync(ClusterMember.Attributes(type: type));
        await using var after = new ClusterMember(server, configure: options => options.AnnotationPrefix = prefix);

        var own = await after.Manager.ReadOwnAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Vxlan, own!.Lease!.Attributes.BackendData);
    }

    [Fact]
    public async Task Acquire_Overwrites_ArePublished_AndTheLeaseKeepsTheOwnAddresses()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24", "2001:cafe:42:1::/64"));
        server.State.Annotate("one", "flannel.alpha.coreos.com/public-ip-overwrite", "203.0.113.7");
        server.State.Annotate("one", "flannel.alpha.coreos.com/public-ipv6-overwrite", "2001:db8::7");
        server.State.Annotate("one", "flannel.alpha.coreos.com/node-public-ip", "192.168.1.1");
        await using var member = new ClusterMember(server, network: ClusterMember.Dual);

        var own = await member.Manager.ReadOwnAsync(TestContext.Current.CancellationToken);
        var lease = await member.AcquireAsync(ClusterMember.Attributes("192.168.1.1", "fd00::1", data6: "{}"));

        Assert.Equal(new AddressPair(System.Net.IPAddress.Parse("192.168.1.1"), null), own!.PublicAddressOverrides);
        Assert.Equal("203.0.113.7", server.State.Annotation("one", "flannel.alpha.coreos.com/public-ip"));
        Assert.Equal("2001:db8::7", server.State.Annotation("one", "flannel.alpha.coreos.com/public-ipv6"));
        Assert.Equal("192.168.1.1, fd00::1", lease.Attributes.PublicAddresses.ToString());
    }

    [Fact]
    public async Task Acquire_DualStackBefore_RemovesWhatNoLongerHolds()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24", "2001:cafe:42:1::/64"));
        await using var before = new ClusterMember(server, network: ClusterMember.Dual);
        await before.AcquireAsync(ClusterMember.Attributes("192.168.1.1", "fd00::1", data6: "{}"));
        await using var after = new ClusterMember(server);

        await after.AcquireAsync();

        Assert.Null(server.State.Annotation("one", "flannel.alpha.coreos.com/public-ipv6"));
        Assert.Null(server.State.Annotation("one", "flannel.alpha.coreos.com/backend-v6-data"));
    }
}
