using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Overlay.Kubernetes.Nodes;
using Overlay.TestKit.Kubernetes;

namespace Overlay.Kubernetes.Tests.Nodes;

public sealed class NodeScanTests
{
    private static readonly AnnotationNames _names = AnnotationNames.TryCreate("flannel.alpha.coreos.com")!;

    private static string Sample => ClusterNode.CreateFlannel("one", "10.244.1.0/24", "192.0.2.1", "02:00:00:00:00:01").ToJsonString();

    [Fact]
    public void TryRead_NodeOfKubelet_FindsTheFields()
    {
        Assert.Equal(
            ("one", "10.244.1.0/24", "10.244.1.0/24", "true", """{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}""", null),
            Read(Sample, node => (node.Name, node[NodeField.PodCidr], node[NodeField.FirstPodCidr], node[NodeField.Manager], node[NodeField.BackendData], node[NodeField.BackendV6Data])));
    }

    // Legal, though kube-apiserver does not write it: another order, escapes, members of another type, unknown ones, nulls.
    [Theory]
    [InlineData("""{"spec":{"podCIDRs":["10.1.0.0/24","fd00::/64"],"podCIDR":"10.1.0.0/24"},"metadata":{"annotations":{"other":"x","flannel.alpha.coreos.com/public-ip":"192.0.2.9"},"name":"n"}}""", "n", "192.0.2.9", "fd00::/64")]
    [InlineData("""{"metadata":{"n\u0061me":"n","annotations":{"flannel.alpha.coreos.com\/public-ip":"192.0\u002e2.9"}},"spec":{"podCIDRs":["a","b"]}}""", "n", "192.0.2.9", "b")]
    [InlineData("""{"metadata":{"name":"n","annotations":null},"spec":null,"status":7}""", "n", null, null)]
    [InlineData("""{"metadata":{"name":"n","annotations":[1,{"a":2}]},"spec":{"podCIDRs":{"a":1}}}""", "n", null, null)]
    [InlineData("""{"metadata":{"name":"n","annotations":{"flannel.alpha.coreos.com/public-ip":{"a":["192.0.2.9"]},"x":[[]]}},"spec":{"podCIDRs":[null,["b"],"c","d","e"]}}""", "n", null, null)]
    public void TryRead_OddButLegal_ReadsWhatIsThere(string json, string name, string? address, string? secondCidr) =>
        Assert.Equal((name, address, secondCidr), Read(json, node => (node.Name, node[NodeField.PublicIp], node[NodeField.SecondPodCidr])));

    [Fact]
    public void TryRead_Condition_IsFoundAmongOthers()
    {
        const string Json = """{"metadata":{"name":"n"},"status":{"conditions":[{"type":"Ready","status":"True","reason":"A"},{"reason":"B","status":"True","message":"m","type":"NetworkUnavailable"},7,{"type":"DiskPressure","status":"False"}]}}""";

        Assert.Equal(("True", "B", "m"), Read(Json, node => (node[NodeField.NetworkStatus], node[NodeField.NetworkReason], node[NodeField.NetworkMessage])));
    }

    [Fact]
    public void IsSame_Heartbeat_IsTheSame_AndAnyFieldOfInterestIsNot()
    {
        var node = JsonNode.Parse(Sample)!.AsObject();
        var record = Read(node.ToJsonString(), record => record);

        node["metadata"]!["resourceVersion"] = "77";
        node["status"]!["conditions"]![3]!["lastHeartbeatTime"] = "2030-01-01T00:00:00Z";
        Assert.True(IsSame(record, node));

        foreach (var change in new Action<JsonObject>[]
        {
            json => json["metadata"]!["uid"] = "other",
            json => json["spec"]!["podCIDRs"] = new JsonArray("10.244.1.0/24", "fd00::/64"),
            json => json["spec"]!["podCIDRs"] = null,
            json => json["metadata"]!["annotations"]!["flannel.alpha.coreos.com/public-ip"] = "192.0.2.2",
            json => json["metadata"]!["annotations"]!["flannel.alpha.coreos.com/backend-v6-data"] = "{}",
            json => json["metadata"]!["annotations"]!.AsObject().Remove("flannel.alpha.coreos.com/kube-subnet-manager"),
        })
        {
            var changed = node.DeepClone().AsObject();
            change(changed);
            Assert.False(IsSame(record, changed), changed.ToJsonString());
        }
    }

    [Fact]
    public void TryRead_AnyBytes_GivesAValueOrARefusal()
    {
        var sample = Encoding.UTF8.GetBytes(Sample);
        Gen.Select(Gen.Int[0, sample.Length - 1], Gen.Byte, Gen.Int[1, sample.Length]).Sample((place, value, length) =>
        {
            var bytes = sample.ToArray();
            bytes[place] = value;
            if (NodeScan.TryRead(bytes.AsSpan(0, length), _names, out var scan))
            {
                var record = new NodeRecord(scan, isOwn: true);
                _ = NodeLease.Read(record, new(System.Net.IPNetwork.Parse("10.244.0.0/16"), null), out _);
                _ = record.IsSame(scan);
            }
        });
    }

    private static bool IsSame(NodeRecord record, JsonObject json) => NodeScan.TryRead(JsonSerializer.SerializeToUtf8Bytes(json), _names, out var scan) && record.IsSame(scan);

    private static T Read<T>(string json, Func<NodeRecord, T> read)
    {
        Assert.True(NodeScan.TryRead(Encoding.UTF8.GetBytes(json), _names, out var scan));
        return read(new NodeRecord(scan, isOwn: true));
    }
}
