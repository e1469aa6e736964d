using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Overlay.Kubernetes.Nodes;
using Overlay.TestKit.Kubernetes;

namespace Overlay.Kubernetes.Tests.Nodes;

public sealed class NodeTableTests
{
    private static readonly AnnotationNames _names = AnnotationNames.TryCreate("flannel.alpha.coreos.com")!;
    private static readonly SubnetPair _network = new(IPNetwork.Parse("10.64.0.0/10"), null);

    [Fact]
    public void Observe_Heartbeat_AllocatesNothing()
    {
        var table = Create();
        var json = JsonSerializer.SerializeToUtf8Bytes(ClusterNode.CreateFlannel(1));
        List<LeaseChange> changes = [];
        for (var i = 0; i < 100; i++)
        {
            Assert.True(NodeScan.TryRead(json, _names, out var warm));
            table.Observe(warm, changes);
        }

        changes.Clear();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            NodeScan.TryRead(json, _names, out var scan);
            table.Observe(scan, changes);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(changes);
    }

    /// <summary>Whatever comes in whatever order, a follower of the changes has the leases of the table.</summary>
    [Fact]
    public void Changes_AnyHistory_LeadToTheLeasesOfTheTable() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 4], Gen.Int[0, 3]).List[0, 60].Sample(steps =>
        {
            var table = Create();
            var followed = new Dictionary<string, Lease>();
            foreach (var (node, subnet, kind) in steps)
            {
                List<LeaseChange> changes = [];
                var json = ClusterNode.CreateFlannel($"n{node}", $"10.100.{subnet}.0/24", $"192.0.2.{node + 1}", "02:00:00:00:00:01");
                if (kind == 0)
                {
                    Assert.True(NodeScan.TryRead(JsonSerializer.SerializeToUtf8Bytes(json), _names, out var scan));
                    table.Remove(scan[NodeField.Name], changes);
                }
                else
                {
                    if (kind == 1)
                    {
                        json["metadata"]!["annotations"]!.AsObject().Remove("flannel.alpha.coreos.com/kube-subnet-manager");
                    }

                    Observe(table, json, changes);
                }

                Follow(followed, changes);
            }

            return table.Leases().ToDictionary(lease => lease.Key, lease => lease.Attributes)
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .SequenceEqual(followed.ToDictionary(pair => pair.Key, pair => pair.Value.Attributes).OrderBy(pair => pair.Key, StringComparer.Ordinal));
        });

    internal static NodeTable Create() => new("own", _network, _ => { }, (_, _) => { });

    internal static void Observe(NodeTable table, JsonObject node, List<LeaseChange> changes)
    {
        Assert.True(NodeScan.TryRead(JsonSerializer.SerializeToUtf8Bytes(node), _names, out var scan));
        table.Observe(scan, changes);
    }

    private static void Follow(Dictionary<string, Lease> leases, List<LeaseChange> changes)
    {
        foreach (var change in changes)
        {
            _ = change switch
            {
                LeaseChange.Written(var lease) => (leases[lease.Key] = lease) is not null,
                LeaseChange.Removed(var key) => leases.Remove(key),
                _ => false,
            };
        }
    }
}
